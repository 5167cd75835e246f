/** ClickHouse, as each program reaches it: it answers, knows the user, grants what is needed, has the tables. */

import { GRANTS } from '../../core/sql/grants.ts';
import { MIGRATIONS } from '../../core/sql/migrations/index.ts';
import { appliedSql } from '../../core/sql/migrations/ledger.ts';
import { AS_ROOT, type Finding, fault, ok, page, unseen } from '../finding.ts';
import { type Got, get } from '../host.ts';
import { type Settings, text } from '../settings.ts';
import type { Program } from './config.ts';
import { type Secret, secretOf } from './credentials.ts';

const DOWN = page('operate', 'ClickHouse is down, or being upgraded');
const MADE = page('install', 'ClickHouse');

/** The answer to a first question. Undefined: it can be asked more. */
export function judgeAnswer(who: string, url: string, user: string, got: Got): Finding | undefined {
  if (got.kind === 'nothing')
    return fault(`${who}: ClickHouse at ${url} does not answer (${got.why})`, DOWN);
  if (got.status === 200) return undefined;
  // 516: AUTHENTICATION_FAILED, 194: REQUIRED_PASSWORD, 193: WRONG_PASSWORD, 192: UNKNOWN_USER.
  if (/\bCode: (516|19[234])\b/.test(got.text) || got.status === 401 || got.status === 403)
    return fault(
      `${who}: ClickHouse at ${url} does not take user ${user} with this password`,
      `set the password of both, ${page('operate', 'Rotate keys')}`,
    );
  return fault(
    `${who}: ClickHouse at ${url} answers ${got.status} ${got.text.slice(0, 200)}`,
    DOWN,
  );
}

interface Grant {
  readonly rights: readonly string[];
  /** `ooni.*`, `*.*`, `system.mutations`; undefined of a role. */
  readonly on: string | undefined;
}

/** Lines of SHOW GRANTS. */
function parseGrants(lines: string): readonly Grant[] {
  return lines.split('\n').flatMap((line) => {
    const [, rights, on] = /^GRANT (.+?)(?: ON (\S+))? TO /.exec(line.replaceAll('`', '')) ?? [];
    if (rights === undefined) return [];
    // Of single columns: not the whole right.
    return [{ rights: rights.split(/, (?![^(]*\))/).filter((right) => !right.includes('(')), on }];
  });
}

/** Is what a grant is on (`*.*`, `ooni*.*`, `ooni.table`) all of what is wanted (`ooni.*`, `ooni.table`)? */
function covers(granted: string, wanted: string): boolean {
  const [database = '', table = ''] = granted.split('.');
  const [wantedDatabase = '', wantedTable = ''] = wanted.split('.');
  const matches = (pattern: string, name: string) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
  return matches(database, wantedDatabase) && matches(table, wantedTable);
}

/** A right is granted by that of which it is a part, too: `CREATE TABLE` by `CREATE`. */
export function lacks(grants: readonly Grant[], database: string): readonly string[] {
  return GRANTS.flatMap(({ rights, on }) => {
    const wanted = on(database);
    const given = new Set(
      grants.filter((grant) => covers(grant.on ?? '', wanted)).flatMap((grant) => grant.rights),
    );
    return rights
      .filter((right) => ![right, right.split(' ')[0]!, 'ALL'].some((one) => given.has(one)))
      .map((right) => `${right} ON ${wanted}`);
  });
}

export function judgeGrants(who: string, user: string, database: string, shown: string): Finding {
  const grants = parseGrants(shown);
  const missing = lacks(grants, database);
  if (missing.length === 0) return ok(`${who}: user ${user} of ClickHouse has the rights it needs`);
  if (grants.some(({ on }) => on === undefined))
    return unseen(`${who}: what the roles of user ${user} grant`, 'SHOW GRANTS FOR each of them');
  return fault(
    `${who}: user ${user} of ClickHouse lacks ${missing.join(', ')}`,
    `grant it, ${MADE}`,
  );
}

export function judgeTables(who: string, database: string, got: Got): Finding {
  const todo = 'systemctl start ooni-api-migrate';
  // 60: UNKNOWN_TABLE, 81: UNKNOWN_DATABASE.
  if (got.kind === 'answer' && /\bCode: (60|81)\b/.test(got.text))
    return fault(`${who}: database ${database} has no tables`, todo);
  if (got.kind === 'nothing' || got.status !== 200)
    return fault(
      `${who}: cannot ask which tables database ${database} has (${got.kind === 'nothing' ? got.why : got.text.slice(0, 200)})`,
      DOWN,
    );
  const applied = new Set(got.text.trim().split(/\s+/).map(Number));
  const missing = MIGRATIONS.filter(({ number }) => !applied.has(number));
  if (missing.length === 0)
    return ok(`${who}: database ${database} has all tables of this version`);
  return fault(
    `${who}: database ${database} lacks ${missing.map(({ name }) => name).join(', ')}`,
    todo,
  );
}

interface Asked {
  readonly programs: Program[];
  readonly url: string;
  readonly database: string;
  readonly user: string;
  readonly secret: Secret;
}

/** One question for all programs that ask it in the same way. */
export async function checkDatabase(settings: ReadonlyMap<Program, Settings>): Promise<Finding[]> {
  const all = new Map<string, Asked>();
  for (const [program, has] of settings) {
    const url = text(has, 'clickhouse.url');
    if (url === undefined) continue;
    const database = text(has, 'clickhouse.database') ?? '';
    const user = text(has, 'clickhouse.username') ?? '';
    const secret = await secretOf(
      program,
      'clickhouse-password',
      text(has, 'clickhouse.password_file'),
    );
    const key = JSON.stringify([url, database, user, secret]);
    const same = all.get(key);
    if (same !== undefined) same.programs.push(program);
    else all.set(key, { programs: [program], url, database, user, secret });
  }
  return (await Promise.all([...all.values()].map(ask))).flat();
}

async function ask({ programs, url, database, user, secret }: Asked): Promise<Finding[]> {
  const who = programs.join(', ');
  if (secret.kind === 'unseen') {
    const answers = await get(new URL('/ping', url).href);
    const down = answers.kind === 'nothing' ? judgeAnswer(who, url, user, answers) : undefined;
    return [down ?? unseen(`${who}: rights and tables in ClickHouse`, AS_ROOT)];
  }
  const post = (body: string) =>
    get(url, {
      method: 'POST',
      body,
      headers: {
        // As the programs do it; a header of its own would not take every password.
        Authorization: `Basic ${Buffer.from(`${user}:${secret.kind === 'secret' ? secret.text : ''}`).toString('base64')}`,
      },
    });
  const grants = await post('SHOW GRANTS FORMAT TSVRaw');
  const refused = judgeAnswer(who, url, user, grants);
  if (refused !== undefined || grants.kind === 'nothing')
    return refused === undefined ? [] : [refused];
  return [
    ok(`${who}: ClickHouse at ${url} answers`),
    judgeGrants(who, user, database, grants.text),
    judgeTables(who, database, await post(appliedSql(database))),
  ];
}
