import { constants } from 'node:buffer';
import t from 'tap';
import { MAX_BODY_BYTES, MAX_POST_BYTES } from '../../../src/core/measurement/sizes.ts';

t.test('what is taken can be parsed, also with its envelope around it', (t) => {
  t.ok(MAX_BODY_BYTES < constants.MAX_STRING_LENGTH);
  t.ok(MAX_POST_BYTES < constants.MAX_STRING_LENGTH);
  t.ok(MAX_BODY_BYTES < MAX_POST_BYTES);
  t.end();
});
