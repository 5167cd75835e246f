/** Why a query failed, from what the server says. */
import { ClickHouseError } from '@clickhouse/client';
import t from 'tap';
import { queryFault } from '../../../src/edge/clickhouse/clickhouseErrors.ts';

const fault = (code: string, message = '') => new ClickHouseError({ code, message, type: 'X' });

t.test('faults of queries', (t) => {
  const cases: [unknown, string][] = [
    [fault('159'), 'timeout'],
    [fault('160'), 'timeout'],
    [new Error('Timeout error.'), 'timeout'],
    [fault('158'), 'too_much'],
    [fault('307'), 'too_much'],
    [fault('241', 'Query memory limit exceeded: would use 4.00 GiB'), 'too_much'],
    [fault('241', '(total) memory limit exceeded: would use 28 GiB'), 'busy'],
    [fault('241', 'User memory limit exceeded: would use 28 GiB'), 'busy'],
    [fault('202', 'Too many simultaneous queries'), 'busy'],
    [fault('60', 'Unknown table'), 'error'],
    [new Error('connect ECONNREFUSED'), 'error'],
  ];
  for (const [error, expected] of cases) t.equal(queryFault(error), expected, String(error));
  t.end();
});
