import { type Causes, cause } from './causes.ts';

const CLICKHOUSE_IS_DOWN = 'operate.md, "ClickHouse is down, or being upgraded".';

/** Lines of ooni-api. */
export const API: Causes = {
  'a row leads to no gzip member: reading the object from its start': cause(
    'The place of a measurement in table `jsonl` does not fit the object. The body is served, slower.',
    'If there are many: `ooni-exec ooni-uploader reindex`.',
  ),
  'cache of archive objects cannot be used: reading without it': cause(
    '`cache_dir` is full or cannot be written; or what the bucket sent is not as long as it says the object is.',
    'Check the disk and the owner of `/var/cache/ooni-api` (ooni-api); where sizes differ, the bucket and what is between.',
  ),
  'another host does not answer: a body in its spool is not found': cause(
    'A host of `other_hosts` is down or refuses; until its measurements are published readers get 503 for them.',
    'Look after that host, or take it out of the list.',
  ),
  'cannot look for a body: check the source': cause(
    'The place that `source=` names (spool, bucket, table) gave an error.',
    'See `error=`; readers get 503, not 404.',
  ),
  '…: cannot read or write roles': cause(
    'ClickHouse did not answer `ooni-api account`, or a table is missing.',
    'See the end of the line; `systemctl start ooni-api-migrate`.',
  ),
  '…: a fault that did not stop it: …': cause(
    'A source before the one that was taken was away, or rows of it are at fault and were left out.',
    'Nothing at once; sources.md says who publishes it.',
  ),
  '…: nothing was taken, what is there stays in use; …': cause(
    'No source could be reached (exit code 69), or what came was refused (65); `error=` says which, for each.',
    'operate.md, "Outside data is old".',
  ),
  '…: there is no former content that could be put in place': cause(
    '`--back` was asked for, and only one content was ever fetched.',
    'Fetch an older one from a source of your own (operate.md, "A bad fingerprint was published").',
  ),
  '…: not fetched: …': cause(
    'The tables are not there yet.',
    '`systemctl start ooni-api-migrate`, which fetches them afterwards.',
  ),
  '…: … did not take it, what is there stays in use; the next run tries again': cause(
    'ClickHouse, or the folder of sources, gave an error while it was written.',
    `See \`error=\`; ${CLICKHOUSE_IS_DOWN}`,
  ),
  '…: cannot note that it ran: check who may write to sources_dir and fetch.metrics_dir': cause(
    'The job has done its work, and its metrics are old.',
    '`/var/lib/ooni/sources` and the folder of node_exporter must be writable for the user ooni-fetch.',
  ),
  '…: cannot migrate': cause(
    'ClickHouse does not answer, refuses the user, or lacks a right.',
    'See the end of the line; grants are in install.md, "ClickHouse". It can be run again at any time.',
  ),
  'ClickHouse does not answer: this is from what the server has kept on disk': cause(
    '`ooni-api prio show` could not ask the tables.',
    'What it shows is what probes get; for fresh numbers bring ClickHouse back.',
  ),
  'a login cannot be counted: the first process of ooni-api does not answer': cause(
    'Whether a login mail may be sent is asked of the first process, which gave no answer in time; the person got 503.',
    'Look at the load of the host; `systemctl restart ooni-api` if it goes on.',
  ),
  'a test helper does not answer this host: see /usr/share/doc/ooni-common/operate.md, "What probes are told"':
    cause(
      'A host of `[test_helpers]` is down, overloaded (`HTTP 503`), has a bad certificate, or this host cannot reach it. Probes are told of it as before.',
      'operate.md, "What probes are told". Look from elsewhere; take it out of use, or set `watch_every_ms = 0` where this host has no way out.',
    ),
  'the verifier of credentials gives no answer that can be used: measurements are stored as unverified; look at its own log':
    cause(
      'The program behind `[credentials]` is down, slow, or answers something else.',
      'credential-verifier.md; its own journal. No measurement is lost by it.',
    ),
  'the database is busy': cause(
    'ClickHouse refused a query for its limits; the reader got 503 with Retry-After.',
    'If it goes on: ooni_api_query_seconds by route, and who asks (nginx’s journal).',
  ),
  'a page cannot be made: the database does not answer': cause(
    'ClickHouse gave an error or refused a query for a page that somebody reads, who got a page with 503 that says so.',
    `See \`error=\`. A missing table: \`systemctl start ooni-api-migrate\`. Else ${CLICKHOUSE_IS_DOWN}`,
  ),
  'query failed': cause(
    'ClickHouse gave an error for a query of a reader, who got 500.',
    `See \`error=\`. A missing table: \`systemctl start ooni-api-migrate\`. Else ${CLICKHOUSE_IS_DOWN}`,
  ),
  'the clock is wrong, submissions get 503: set it right: see `timedatectl`': cause(
    'The clock is outside of the years 2000 to 2099, and ids are made from it.',
    '`timedatectl`; it goes on by itself when the clock is right.',
  ),
  'the clock was set back, submissions get 503 until it has gone on for 10 s: look who sets it: see `timedatectl`':
    cause(
      'The clock was set back by more than two seconds. Ids made twice would hide measurements.',
      'Let an NTP client slew it, and nobody else set it.',
    ),
  'no room on the disk of the spool, submissions get 503: see /usr/share/doc/ooni-common/operate.md, "Disk fills up"':
    cause(
      'Less than `min_free_bytes` or `min_free_inodes` is left.',
      'operate.md, "Disk fills up".',
    ),
  'the spool cannot be written, submissions get 503: check its disk, its owners and modes': cause(
    'A trial file cannot be written: read-only after an error of the disk, or owners were changed.',
    '`findmnt -T /var/lib/ooni/spool`, the kernel’s log, `systemd-tmpfiles --create ooni-common.conf`.',
  ),
  'ooni-fastpath does not answer, measurements wait for their scores: see `systemctl status ooni-fastpath`':
    cause(
      'It is down or hangs, or is older than ooni-api. Measurements wait in `pending/`.',
      '`systemctl restart ooni-fastpath`; upgrade both together.',
    ),
  'ClickHouse does not answer, searches fail: see /usr/share/doc/ooni-common/operate.md, "ClickHouse is down, or being upgraded"':
    cause('ClickHouse is down, or refuses the user.', CLICKHOUSE_IS_DOWN),
  "cannot keep the key of probes' tokens in …: they are good until the next restart alone, and not for other workers. Make the folder writable for this user, or set probe_token_keys_file":
    cause(
      '`state_dir` cannot be written.',
      'Check disk and owner of `/var/lib/ooni/api` (ooni-api).',
    ),
  'differences of places are not recorded; measurements are': cause(
    'ClickHouse does not take rows of a table of statistics.',
    CLICKHOUSE_IS_DOWN,
  ),
  'cannot count the measurements of the days: aggregations of long ranges take longer; check ClickHouse, and run ooni-api migrate if tables are missing':
    cause('The counts by day are not kept up to date; answers stay right.', CLICKHOUSE_IS_DOWN),
  'housekeeping: cannot …': cause(
    'Leftovers or old copies cannot be removed; the next try is within an hour.',
    'Check owners and modes of the spool and of `/var/cache/ooni-api`.',
  ),
  'tables are missing or old: run `ooni-api migrate`': cause(
    'ooni-api is newer than the tables; `migrations=` names what lacks. Receiving goes on.',
    '`systemctl start ooni-api-migrate`.',
  ),
  'ClickHouse cannot be reached: receiving, but searches fail': cause(
    'At the start of ooni-api ClickHouse did not answer.',
    CLICKHOUSE_IS_DOWN,
  ),
  'cannot listen on …': cause(
    'Another process has the address, or the name is not of this host.',
    '`ss -ltnp`; with systemd the address is in ooni-api.socket, else in `listen`.',
  ),
  'a worker ended unexpectedly: starting another; its last lines say why': cause(
    'A worker was killed (memory) or met a fault. Its requests broke off; probes send again.',
    'See the lines before it and `journalctl -k`; raise `MemoryMax=` if it was the kernel.',
  ),
  'a worker does not answer: ending it': cause(
    'Its event loop hung for too long, or the host was stopped meanwhile.',
    'If it comes back: report it with the lines before it.',
  ),
  'a worker cannot start': cause(
    'A worker that is to take the place of one that ended fails at its start; `reason=` says why.',
    'As the reason says; it is tried again.',
  ),
  'somebody wants to log in, and no mail can be sent: set mail.from and the server': cause(
    '`[mail]` is not set up.',
    'accounts.md, "Set up".',
  ),
  'cannot send a login mail: check [mail] in the configuration and the mail server': cause(
    'The mail server is away or refuses; `error=` is what it said.',
    'accounts.md; the password is the credential `ooni.smtp-password`.',
  ),
  'a download of rows broke off': cause(
    'ClickHouse gave an error in the middle of an export; the reader sees that it is not whole.',
    'See `error=`.',
  ),
  'cannot list the archive: check the bucket': cause(
    'The bucket does not answer, or refuses to list.',
    'install.md, "The archive", for the rights of the keys.',
  ),
  'the log of what was published is not as it should be: run ooni-uploader verify': cause(
    'The Merkle log in the bucket does not fit its checkpoint.',
    '`ooni-uploader verify`, and archive.md.',
  ),
  'cannot read the log of what was published: check the bucket': cause(
    'The bucket does not answer, or refuses these keys. Proofs get 503.',
    'install.md, "The archive".',
  ),
  'the rules of prioritisation cannot be read': cause(
    'ClickHouse does not answer an admin’s page. Probes are answered from memory.',
    CLICKHOUSE_IS_DOWN,
  ),
  'a rule of prioritisation cannot be changed: nothing was': cause(
    'ClickHouse did not take the change.',
    `${CLICKHOUSE_IS_DOWN} Then change it again.`,
  ),
  'cannot store measurements, probes get 503: …': cause(
    'The spool cannot be written; nothing was answered with 200. The line ends with what to do.',
    'At once: probes keep what they could not send for a while only.',
  ),
  'cannot remember submissions: …': cause(
    '`seen/` of the spool cannot be written: a submission that is sent twice may be stored twice.',
    'What the line ends with.',
  ),
  'the native module cannot be used: JavaScript takes more processor time': cause(
    'The native module of ooni-common (`/usr/lib/ooni/native.node`) cannot be loaded, or is of another release: `reason` says which. JavaScript stores measurements and parses large ones in its place, and WebAssembly decompresses them, as safely.',
    'Nothing is lost, so when there is time: install ooni-common in the version of ooni-api, and restart the service.',
  ),
};
