/**
 * Covers src/core/sql/query.ts.
 */
import t from 'tap';
import { makeConditions } from '../../../src/core/sql/conditions.ts';

t.test('conditions with their values', (t) => {
  const conditions = makeConditions();
  t.equal(conditions.sql, 'true');
  conditions.equals('a', 'String', undefined);
  conditions.oneOf('b', 'UInt32', undefined);
  t.equal(conditions.sql, 'true', 'what is not asked is no condition');
  conditions.equals('a', 'String', "it's");
  conditions.oneOf('b', 'UInt32', [1, 2]);
  conditions.add('c > {low:UInt8}', { low: 3 });
  t.equal(conditions.sql, 'a = {a:String}\n  AND b IN {b:Array(UInt32)}\n  AND c > {low:UInt8}');
  t.strictSame(conditions.values, { a: "it's", b: [1, 2], low: 3 });
  t.end();
});
