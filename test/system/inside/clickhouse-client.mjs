#!/usr/bin/node
// `clickhouse-client` as the documents call it, by way of HTTP: the tests' engine has no client.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

// The tests' engine keeps no users that SQL makes; those of its file have the same rights.
const USERS = '/var/lib/clickhouse/users.json';
const users = existsSync(USERS) ? JSON.parse(readFileSync(USERS, 'utf8')) : {};

const text = (value) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const entry = ([name, { password, grants }]) =>
  `<${name}><password>${text(password)}</password><networks><ip>::/0</ip></networks>
  <profile>default</profile><quota>default</quota>
  <grants>${grants.map((grant) => `<query>${text(grant)}</query>`).join('')}</grants></${name}>`;

/** Whether it is a statement about users; then it is done. */
function changesUsers(query) {
  const [, name, password] =
    /^(?:CREATE|ALTER) USER (\w+) IDENTIFIED BY '(.*)'$/s.exec(query) ?? [];
  const [, grant, whose] = /^(GRANT .*) TO (\w+)$/s.exec(query) ?? [];
  if (name && query.startsWith('CREATE') === name in users)
    throw new Error(`ACCESS_DENIED: ${query}`);
  if (name) users[name] = { grants: [], ...users[name], password };
  else if (grant) users[whose].grants.push(grant);
  else return false;
  writeFileSync(USERS, JSON.stringify(users));
  const shipped = readFileSync('/opt/test/clickhouse-users.xml', 'utf8');
  const all = Object.entries(users).map(entry).join('');
  writeFileSync('/var/lib/clickhouse/users.xml', shipped.replace('</users>', `${all}</users>`));
  execFileSync('systemctl', ['restart', 'clickhouse-server.service']);
  return true;
}

const LONG = { d: 'database', q: 'query' };
const parameters = new URLSearchParams();
const words = process.argv.slice(2);
while (words.length > 0) {
  const [, name, value] = /^--?(\w+)(?:=(.*))?$/s.exec(words.shift());
  parameters.set(LONG[name] ?? name, value ?? words.shift());
}
const query = parameters.get('query');
if (!changesUsers(query)) {
  const body = query.startsWith('INSERT') ? readFileSync(0) : undefined;
  const answer = await fetch(`http://127.0.0.1:8123/?${parameters}`, { method: 'POST', body });
  process[answer.ok ? 'stdout' : 'stderr'].write(await answer.text());
  process.exitCode = answer.ok ? 0 : 1;
}
