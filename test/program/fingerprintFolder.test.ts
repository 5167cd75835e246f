import { join } from 'node:path';
import t from 'tap';
import { EXIT } from '../../src/program/exitCodes.ts';
import { readFingerprintFolder } from '../../src/program/fingerprintFolder.ts';

const HEADER =
  'name,scope,other_names,location_found,pattern_type,pattern,confidence_no_fp,expected_countries,source,exp_url,notes\n';

const dir = t.testdir({
  good: { 'fingerprints_dns.csv': HEADER, 'fingerprints_http.csv': HEADER },
  half: { 'fingerprints_dns.csv': HEADER },
  bad: { 'fingerprints_dns.csv': 'a,b\n1,2\n', 'fingerprints_http.csv': HEADER },
});

t.doesNotThrow(() => readFingerprintFolder(join(dir, 'good')));
for (const [name, exitCode, message] of [
  ['half', EXIT.io, `cannot read ${dir}/half/fingerprints_http.csv`],
  ['bad', EXIT.config, `cannot read ${dir}/bad/fingerprints_dns.csv`],
  ['nonexistent', EXIT.io, `cannot read ${dir}/nonexistent/fingerprints_dns.csv`],
] as const)
  t.throws(() => readFingerprintFolder(join(dir, name)), { exitCode, message });
t.throws(() => readFingerprintFolder(''), {
  exitCode: EXIT.usage,
  message: '--fingerprints: expected a folder, found an empty name',
});
