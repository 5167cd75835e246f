import { type Causes, cause } from './causes.ts';

/** Lines of ooni-fastpath. */
export const FASTPATH: Causes = {
  'the native module cannot be used: measurements leave pending/ one by one': cause(
    'The native module of ooni-common (`/usr/lib/ooni/native.node`) cannot be loaded, or is of another release: `reason` says which. JavaScript takes measurements out of `pending/` in its place, as safely, with a quarter more processor time in all.',
    'Nothing is lost, so when there is time: install ooni-common in the version of ooni-fastpath, and restart the service.',
  ),
  'ClickHouse answers, and does not take a batch: it is halved': cause(
    'The batch is too large for the server’s memory or time, while it answers other questions.',
    'Nothing, if it is rare. Else give ClickHouse memory, or lower `flush_rows`.',
  ),
  'ClickHouse refuses every row: …; the tables do not fit this version, run `ooni-api migrate`, and look at their constraints':
    cause(
      'The table `fastpath` has other columns or types than this version writes, or a constraint of your own.',
      '`systemctl start ooni-api-migrate`; then it goes on by itself.',
    ),
  'cannot write to ClickHouse: …; check that the server runs, has disk space and that url, user and password in the config are right':
    cause(
      'ClickHouse is down, full or refuses the user. Measurements wait in `pending/`.',
      'operate.md, "ClickHouse is down, or being upgraded"; `error=` says which of them. It goes on by itself.',
    ),
  'ClickHouse at … refuses what a replay asks: check that `ooni-api migrate` was run, and the grants of the user in fastpath.toml; then run the same command again (with --resume it goes on from here)':
    cause(
      'A table is missing, or the user may not read or write it.',
      'install.md, "ClickHouse" for the grants; `systemctl start ooni-api-migrate` for the tables.',
    ),
  'ClickHouse at … has not answered for … minutes: when it does, run the same command again (with --resume it goes on from here)':
    cause('ClickHouse was away for the whole time.', 'Bring it back, then run the command again.'),
  'no measurement could be replayed: the reason of each is above': cause(
    'Every measurement that was read failed.',
    'See the first of the lines `measurement not replayed`.',
  ),
  'nothing was replayed: no object is of these days, countries and tests; check --since, --until, --country, --test and --layout':
    cause('The options leave no object of the archive.', 'Check the options, and the bucket.'),
  'nothing was replayed: there is no measurement in these objects': cause(
    'The objects are empty, or hold removed measurements only.',
    'Check that the layout (`--layout`) is the one of these objects.',
  ),
  'cannot read fingerprints from ClickHouse at …: check that the server runs, that `ooni-api migrate` was run, and url, user and password in the config':
    cause(
      'Without fingerprints a replay would take the confirmed flag from every row, so it does not begin.',
      'As the line says; or give them with `--fingerprints`.',
    ),
  'the fingerprint tables are empty: a replay would take the confirmed flag from every row; fill them first':
    cause('No fingerprints were fetched yet.', '`systemctl start ooni-api-fetch@fingerprints`.'),
  'the fingerprint tables are empty: no measurement will be confirmed; run ooni-api fetch fingerprints':
    cause(
      'As above, of the daemon: it scores all the same.',
      '`systemctl start ooni-api-fetch@fingerprints`; afterwards replay the days in between (replay.md).',
    ),
  'cannot write the answers': cause(
    'Standard output of `score` is full or broken.',
    'Make room there and run it again.',
  ),
  'a scoring thread does not start: trying again; check memory and the installation': cause(
    'No memory for a thread, or files of the package are missing.',
    '`free -m`, `MemoryMax=` of the unit, `dpkg --verify ooni-fastpath`.',
  ),
  'no scoring thread can be stopped: ending the process, the measurements they are at are in quarantine; look at them there':
    cause(
      'Measurements kept all threads busy beyond their time, and a thread could not be ended. systemd starts the service again.',
      'Look at the newest of `/var/lib/ooni/spool/quarantine`, and report them.',
    ),
  'the process before this one ended without being stopped: what it was at is scored one by one, before all else':
    cause(
      'It was killed, ran out of memory, or died of a fault; `measurements` of those that its threads were at are still pending. One of them may be the cause: alone, it shows.',
      'Nothing, after a `kill -9`. Else the lines before the start, and `journalctl -k` for the kernel’s, say how it ended; when it goes on, `MemoryMax=` of the unit may be too low.',
    ),
  'a measurement ended the process each time that it was scored: moved to quarantine/, the others go on; report it with the lines of the log before each start':
    cause(
      'Three processes ended while it was scored, two of them while nothing else was. It has no row; it is archived like any other.',
      'Report it, with its copy in `quarantine/` (it may be private) and the lines of the log before each start. After a release that mends it: `ooni-fastpath replay` of the folder (replay.md).',
    ),
  'measurement quarantined': cause(
    'It could not be parsed or scored; `reason=` says why. A copy is in `quarantine/`, and it is archived like any other.',
    'metrics.md, "Alerts" (`OoniQuarantineGrows`).',
  ),
  'measurement not scored, without a copy in quarantine/, which is full: see quarantine_max_bytes; it is archived all the same':
    cause(
      'As above, and `quarantine/` has reached its bound.',
      'Look at what is there, then make room.',
    ),
  'cannot count pending/': cause(
    'The folder cannot be listed; the metric keeps its last value.',
    'Check the disk, and owner and mode of `pending/` (2770 ooni-fastpath:ooni).',
  ),
  'cannot read pending/: trying again at the next sweep; check the disk': cause(
    'As above. What ooni-api announces is scored meanwhile, what waits from before is not.',
    'As above.',
  ),
  'cannot take measurements out of pending/, trying again at each sweep: …': cause(
    'Their rows are stored, but the files cannot be removed. Rows are not doubled by it.',
    'What the line ends with.',
  ),
  'cannot read a pending measurement: it stays for a later sweep; check the disk and the permissions of the spool':
    cause(
      'A file of `pending/` cannot be read.',
      'Its owner and mode (0640 ooni-api:ooni); the kernel’s log for errors of the disk.',
    ),
  'what is in pending/ was not put there by ooni-api: moved to quarantine/, not read; find out who did, see /usr/share/doc/ooni-common/security.md':
    cause(
      'A link, a pipe, or a file of another owner: no program of the backend makes such.',
      'Find out who can write to the spool, and how; security.md says who should.',
    ),
  'measurement not replayed': cause(
    'One measurement of an object could not be scored or written; `reason=` says why.',
    'Its row stays as it was. Look at it with `ooni-fastpath score`.',
  ),
  'object left out: it was removed': cause(
    'The object was taken out of the archive while the replay was at it.',
    'Nothing.',
  ),
  'object is damaged: what could be read of it was replayed; look at the archive': cause(
    'The object breaks off, or is not what its name says.',
    '`ooni-uploader verify` says which objects are damaged; put them back from the bucket’s versions.',
  ),
  'cannot …: check [s3] in the config, its credentials and the network': cause(
    'The bucket does not answer, or refuses these keys.',
    'install.md, "The archive", for the rights; then run the command again.',
  ),
  '--resume …: cannot be read and written': cause(
    'The file of `--resume` is not this user’s.',
    'Name one in a folder that the service’s user may write, such as `/var/tmp`.',
  ),
  '--resume …: cannot be written': cause(
    'The disk of the file of `--resume` is full or broken.',
    'Make room; the same command goes on from what it says.',
  ),
};
