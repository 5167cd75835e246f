import t from 'tap';
import { EXIT } from '../../../src/program/exitCodes.ts';
import { bucketTrouble, clickhouseTrouble } from '../../../src/uploader/common/advice.ts';

const cause = new Error('ECONNREFUSED');

t.match(bucketTrouble('list s3://bucket', cause), {
  message:
    'cannot list s3://bucket: nothing is lost, the next run goes on. Check the [s3] section, its credentials and the service',
  exitCode: EXIT.unavailable,
  cause,
});
t.match(clickhouseTrouble('ask ClickHouse', cause), {
  message:
    /^cannot ask ClickHouse: nothing is lost, .* Check the \[clickhouse\] section and the server$/,
  exitCode: EXIT.unavailable,
  cause,
});
