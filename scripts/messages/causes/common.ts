import { type Causes, cause } from './causes.ts';

/** Lines that more than one program says. */
export const COMMON: Causes = {
  'a request failed: this is a bug, report it': cause(
    'A fault of this program; the client got 500, and everybody else is served.',
    'Report it with the whole line: it has the route and the stack.',
  ),
  'cannot take connections of … now: check LimitNOFILE= and memory': cause(
    'The kernel gives no file descriptor or memory for another connection. Those that are open go on.',
    '`systemctl show -p LimitNOFILE UNIT`, and raise it with `systemctl edit`; look who holds the memory.',
  ),
  'cannot write to standard output': cause(
    'What the command writes to is full or broken, so what it printed is not whole.',
    'Make room there and run it again.',
  ),
  'cannot read …': cause(
    'A file that was named on the command line, or one of a folder of fingerprints, is not there or not readable by this user.',
    'Check the path, and who may read it: with `ooni-exec` it is the user of the service.',
  ),
  'the copy of … on disk cannot be used': cause(
    'What was kept over a restart does not fit this version. It is read from its source instead.',
    'Nothing, unless its source is away too: then bring that back.',
  ),
  'the copy of … on disk cannot be used: it is written again': cause(
    'A file below `/var/lib/ooni/api` is damaged, or of another version.',
    'Nothing. If it comes back, check the disk.',
  ),
  'cannot read …: …': cause(
    'A table or a file that the program follows cannot be read, and there is no earlier content in use. The line says what waits.',
    'As the line says; `error=` is what ClickHouse or the file system answered. Said once, until it works.',
  ),
  'cannot refresh …: those in use are kept, trying again': cause(
    'As above, while there is content in use. It gets older and nothing else is wrong.',
    'When it goes on: see `error=`; for ClickHouse operate.md, "ClickHouse is down, or being upgraded".',
  ),
  'cannot keep … on disk: a restart while its source is away would lose it': cause(
    '`state_dir` of ooni-api cannot be written.',
    'Check disk, owner and mode of `/var/lib/ooni/api` (ooni-api).',
  ),
  'cannot listen on … for metrics: …; is it running already? else change metrics_listen': cause(
    'Another process has the port.',
    '`ss -ltnp` tells which; end that one, or set `metrics_listen`.',
  ),
  'cannot use the spool …: let this user write there': cause(
    'Owners or modes of the spool were changed, or it is on another disk that is not mounted.',
    '`systemd-tmpfiles --create ooni-common.conf` sets them right; `findmnt -T /var/lib/ooni/spool`.',
  ),
};
