import { type Causes, cause } from './causes.ts';

/** Lines of ooni-uploader. */
export const UPLOADER: Causes = {
  'not a measurement of this hour that ooni-api stored: moved to quarantine, not published. Find out who put it there; see /usr/share/doc/ooni-common/security.md':
    cause(
      'A file in an hour folder has a name, a place or a kind that ooni-api never gives.',
      'Find out who can write to the spool; the file is in `quarantine/` with its reason.',
    ),
  'this is no hour folder that ooni-api made: moved to quarantine, not read. Find out who put it there; see /usr/share/doc/ooni-common/security.md':
    cause('As above, of a whole folder of `incoming/`.', 'As above.'),
  'could not be parsed: published as {}, …': cause(
    'A measurement is no JSON. It is in the raw archive as it came.',
    'metrics.md, "Alerts" (`OoniQuarantineGrows`).',
  ),
  'cannot copy to quarantine/: the tar alone has it; check disk and permissions': cause(
    'As above, and `quarantine/` cannot be written.',
    'Owner and mode of `quarantine/` (2770 root:ooni), and the disk.',
  ),
  'cannot tell what would be done: check the [s3] section and the spool': cause(
    '`--dry-run` could not read the bucket or the spool.',
    'As the line says; its end is the fault.',
  ),
  'not all rows are written: see to what is said here, then run ooni-uploader reindex again': cause(
    'ClickHouse or the bucket failed on the way.',
    'As the end of the line says, then again: rows are not doubled.',
  ),
  'no rows are written of an object': cause(
    'An object is not as the log says that it was published.',
    '`ooni-uploader verify`; put it back from the bucket’s versions, then reindex again.',
  ),
  '… objects are not as they were published: not all of their rows are written': cause(
    'As above; the count of such objects.',
    'As above.',
  ),
  'the log at …/… cannot be read: look into it with ooni-uploader verify': cause(
    'The log in the bucket is damaged or cannot be read.',
    '`ooni-uploader verify` says what of it; archive.md.',
  ),
  'the removal is not complete: see to what is said here, then run ooni-uploader remove again, which goes on':
    cause(
      'Bucket or ClickHouse failed in the middle of a removal. What was begun is kept in `state_dir`.',
      'Mend what the end of the line says, and give the same command.',
    ),
  'cannot keep the counts of this run: check the disk of state_dir': cause(
    '`/var/lib/ooni/uploader` cannot be written; the run itself was done.',
    'Disk, owner and mode (ooni-uploader).',
  ),
  'cannot write the metrics file: check metrics_textfile and its folder': cause(
    'node_exporter’s folder is not there or not writable, so alerts see an uploader that does not run.',
    'metrics.md, "Exporters"; the folder is the group ooni’s to write.',
  ),
  'trouble with the disk: nothing is lost, the next run goes on. Check the disk and who may write to the spool and to state_dir; …':
    cause(
      'The disk is full, read-only or broken.',
      'What the line ends with; operate.md, "Disk fills up".',
    ),
  'cannot check …: this says nothing about the archive. Try again': cause(
    'The bucket could not be read during `verify`.',
    'Try again; check network and address.',
  ),
  'cannot …: nothing is lost, the next run goes on. Check the [s3] section, its credentials and the service':
    cause(
      'The bucket does not answer, or refuses. Measurements wait in the spool.',
      'install.md, "The archive", for the rights of the keys; the end of the line is what S3 said.',
    ),
  'cannot …: nothing is lost, the next run goes on. Check the [clickhouse] section and the server':
    cause(
      'ClickHouse does not answer or refuses. With exit code 75 nothing was begun, and the timer tries again.',
      'operate.md, "ClickHouse is down, or being upgraded".',
    ),
  'ClickHouse failed: trying again. If this goes on, check the [clickhouse] section and the server':
    cause('One statement failed.', 'Nothing, unless the run ends with the line above.'),
  "the clock says …, but the last run was at …: nothing is done until the clock is right. If the last run's was wrong, remove …":
    cause(
      'The clock was set back between two runs, now or before the last one.',
      '`timedatectl`; hours that are closed too early would be published twice.',
    ),
  'cannot age out quarantine/: what is in it stays, the next run goes on. Check the bucket, ClickHouse, and who may write to quarantine/':
    cause('Copies are removed only after the archive was seen to have them.', 'As the line says.'),
  'a set of fingerprints in the table fingerprint_sets is not what its hash says': cause(
    'Rows of that table were changed by hand, or are damaged. The set is not published.',
    'Delete the rows of that `sha256`, and fetch the fingerprints again.',
  ),
  'sets of fingerprints were not published: the next run tries again': cause(
    'ClickHouse or the bucket failed after the measurements were published.',
    'Nothing, unless it goes on.',
  ),
  'collector_id has changed: a can is built again under the new one': cause(
    'A can waited in `outgoing/` while the `collector_id` was changed.',
    'Nothing, if that was on purpose. Else set it back at once.',
  ),
  'another ooni-uploader is at work on …: nothing to do here': cause(
    'A run, a removal or a reindex holds the lock.',
    'Wait for it: `systemctl status ooni-uploader`.',
  ),
  'the database lacks the migrations …: run ooni-api migrate': cause(
    'The tables are older than this version.',
    '`systemctl start ooni-api-migrate`; the next run goes on.',
  ),
  '…/… has a log, but its key is not at …: restore it, or see /usr/share/doc/ooni-common/archive.md, "A lost log key"':
    cause(
      'The host’s state is new or lost, while the bucket has what it published before.',
      'Restore `/var/lib/ooni/uploader` (operate.md, "Restore"). Two hosts with the same `collector_id` look so too.',
    ),
  "made this host's log key: keep a copy of it": cause(
    'The first run of this host.',
    'Back up `/var/lib/ooni/uploader` (operate.md, "Back up"), and publish the public key.',
  ),
  'cannot be read or emptied: its hour folder waits, the others go on. Give the file back (chown ooni-api:ooni, mode 0640, its folder 2770); if the disk has lost it, move it away. See /usr/share/doc/ooni-common/archive.md, "A folder that waits"':
    cause(
      'A file of an hour folder has another owner, or the disk cannot read it.',
      'As the line says.',
    ),
  'a key of this can is in the bucket with other bytes: does another host have the same collector_id? See /usr/share/doc/ooni-common/archive.md, "A key is taken"':
    cause(
      'Two hosts have one `collector_id`, or somebody else writes into the bucket.',
      'Give each host its own; archive.md, "A key is taken".',
    ),
  'an object is not in the bucket as it was sent: its hour folder waits, the others go on. See /usr/share/doc/ooni-common/archive.md, "An object arrived damaged"':
    cause(
      'What the bucket holds is not what was sent, twice.',
      'archive.md, "An object arrived damaged".',
    ),
  'a can cannot go on: its hour folder waits, the others go on. See /usr/share/doc/ooni-common/archive.md, "A can that cannot go on"':
    cause(
      'Files of a can in `outgoing/` are damaged or gone; `problem=` says which.',
      'archive.md, "A can that cannot go on".',
    ),
  '… hour folders wait for an operator': cause(
    'The last line of a run that has put folders aside; all others are published.',
    'See the lines before it.',
  ),
  '… is not as it was published: …. Nothing was changed: look into it with ooni-uploader verify first':
    cause(
      'A removal would have to write an object anew that is damaged.',
      '`ooni-uploader verify`.',
    ),
  "…/… is there and is not this host's record of that removal: look who wrote it": cause(
    'Another host with this `collector_id`, or somebody else, wrote that object.',
    'Find out who has keys that write into the bucket.',
  ),
  '… is in …, which is on its way into the archive: let ooni-uploader run finish, then ask again':
    cause(
      'The measurement that is to be removed is being published now.',
      '`systemctl start ooni-uploader`, then again.',
    ),
  '… was published by the host with the collector_id …, whose key must sign its removal: ask for it there':
    cause('Each host signs its own log.', 'Give the same command on that host.'),
  '… may be in …, which no log covers: when it is being published now, ask again after; else see /usr/share/doc/ooni-common/archive.md, "A can that cannot go on"':
    cause(
      'An object of that hour is in the bucket, and its log does not name it yet.',
      'As the line says.',
    ),
  '…: expected …. Restore it, or remove its folder and ask for the removal again': cause(
    'The plan of a removal that was begun is damaged.',
    'As the line says.',
  ),
  'cannot read the log at …: …': cause(
    'The log in the bucket cannot be read; nothing is published until it can.',
    'As the line ends; archive.md, "A damaged checkpoint".',
  ),
  'the log\'s checkpoint at … is …: the key is not at fault. Put that object back as it was, see /usr/share/doc/ooni-common/archive.md, "A damaged checkpoint"':
    cause('The checkpoint was changed or damaged.', 'archive.md, "A damaged checkpoint".'),
  'the log\'s checkpoint at … is …: restore this host\'s log key, or see /usr/share/doc/ooni-common/archive.md, "A lost log key"':
    cause('It was signed with another key than this host has.', 'archive.md, "A lost log key".'),
  'the log at … has … leaves, but … were published: …': cause(
    'The log in the bucket is older than what this host has published: it was put back from a backup, or was changed.',
    'As the line ends: put back the newest version of it.',
  ),
  'the log at … does not contain what this host published: …': cause(
    'The log in the bucket is another one.',
    'As the line ends; does another host have the same `collector_id`?',
  ),
  '--fingerprints: this set cannot be taken: …': cause(
    'The bucket has no files below that hash, or others.',
    'Check the hash; what was changed in the bucket, put back from its versions.',
  ),
  'the native module cannot be used: zlib compresses, in twice the time': cause(
    'The native module of ooni-common (`/usr/lib/ooni/native.node`) cannot be loaded, or is of another release: `reason` says which. The files are as good, and 4% larger.',
    'Nothing is lost, so when there is time: install ooni-common in the version of ooni-uploader, and libdeflate0.',
  ),
};
