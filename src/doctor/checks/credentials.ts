/** Credentials: who may read them, whether some program does, and whether they can be used. None is shown. */
import { join } from 'node:path';
import { AS_ROOT, type Finding, fault, ok, page, unseen } from '../finding.ts';
import { namesIn, type Ran, type Read, readIfThere, run } from '../host.ts';

const STORE = '/etc/credstore';
const ENCRYPTED = '/etc/credstore.encrypted';

/** Which programs are given a credential of that name (the units' ImportCredential=). */
export const KNOWN: Readonly<Record<string, readonly string[]>> = {
  'clickhouse-password': ['ooni', 'ooni-api', 'ooni-fastpath', 'ooni-uploader'],
  's3-credentials': ['ooni', 'ooni-api', 'ooni-uploader'],
  'log-key': ['ooni', 'ooni-uploader'],
  'account-keys': ['ooni', 'ooni-api'],
  'smtp-password': ['ooni', 'ooni-api'],
  'probe-token-keys': ['ooni-api'],
};

/** A file of ours in the store; others are not looked at. */
export function isOurs(file: string): boolean {
  return /^ooni(-[a-z]+)?\./.test(file);
}

const SECRETS = page('install', 'Secrets');

export function judgeName(file: string): Finding | undefined {
  const [owner = '', name = ''] = file.split(/\.(.*)/s);
  if (KNOWN[name]?.includes(owner)) return undefined;
  return fault(
    `credential ${file} is read by no program`,
    `give it the name that is meant, ${SECRETS}`,
  );
}

/** A credential as it lies there, in plain text. */
export function judgePlain(file: string, read: Read): Finding {
  const path = join(STORE, file);
  if (read.kind !== 'read') return unseen(`credential ${file}`, AS_ROOT);
  const { uid, mode } = read.stats;
  if (uid !== 0 || (mode & 0o077) !== 0)
    return fault(
      `credential ${file} can be read by others than root`,
      `chown root:root ${path}; chmod 600 ${path}; if others could, change the secret`,
    );
  if (read.text.trim() === '') return fault(`credential ${file} is empty`, `write it, ${SECRETS}`);
  if (
    file.endsWith('.s3-credentials') &&
    !['access_key_id', 'secret_access_key'].every((key) =>
      new RegExp(`^\\s*(?:aws_)?${key}\\s*=\\s*\\S+\\s*$`, 'm').test(read.text),
    )
  )
    return fault(
      `credential ${file} lacks a line access_key_id=… or secret_access_key=…`,
      `write both, ${SECRETS}`,
    );
  return ok(`credential ${file}: root alone can read it`);
}

export function judgeEncrypted(file: string, isPlainToo: boolean, decrypted: Ran): Finding {
  if (isPlainToo)
    return fault(
      `credential ${file} is there twice, and the plain one wins`,
      `remove ${join(STORE, file)} or ${join(ENCRYPTED, file)}`,
    );
  if (decrypted.code === 0) return ok(`credential ${file}: this host can decrypt it`);
  return fault(
    `credential ${file} cannot be decrypted here under its name`,
    `encrypt it anew on this host, ${SECRETS}`,
  );
}

export async function checkCredentials(): Promise<Finding[]> {
  const plain = namesIn(STORE)?.filter(isOurs);
  const encrypted = namesIn(ENCRYPTED)?.filter(isOurs);
  if (plain === undefined || encrypted === undefined) return [unseen('credentials', AS_ROOT)];
  if (plain.length + encrypted.length === 0) return [ok('credentials: none is set')];
  const findings = plain.map(
    (file) => judgeName(file) ?? judgePlain(file, readIfThere(join(STORE, file))),
  );
  for (const file of encrypted) {
    const ran = await decrypt(file);
    findings.push(judgeName(file) ?? judgeEncrypted(file, plain.includes(file), ran));
  }
  return findings;
}

function decrypt(file: string): Promise<Ran> {
  const name = file.slice(file.indexOf('.') + 1);
  return run('systemd-creds', 'decrypt', `--name=${name}`, join(ENCRYPTED, file), '-');
}

export type Secret =
  | { readonly kind: 'secret'; readonly text: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'unseen' };

/** The secret that a program's service is given: its own, else the common one, else the file of its config. */
export async function secretOf(
  program: string,
  name: string,
  file: string | undefined,
): Promise<Secret> {
  for (const owner of [program, 'ooni']) {
    const credential = `${owner}.${name}`;
    const read = readIfThere(join(STORE, credential));
    if (read.kind === 'read') return { kind: 'secret', text: read.text.replace(/\r?\n$/, '') };
    if (read.kind === 'denied') return { kind: 'unseen' };
    const names = namesIn(ENCRYPTED);
    if (names === undefined) return { kind: 'unseen' };
    if (!names.includes(credential)) continue;
    const { code, out } = await decrypt(credential);
    return code === 0 ? { kind: 'secret', text: out.replace(/\r?\n$/, '') } : { kind: 'unseen' };
  }
  if (file === undefined) return { kind: 'none' };
  const read = readIfThere(file);
  return read.kind === 'read'
    ? { kind: 'secret', text: read.text.replace(/\r?\n$/, '') }
    : { kind: 'unseen' };
}
