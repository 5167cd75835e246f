/** A certificate of 30 days for api.example.org, with its key, made by openssl. */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function make(folder: string) {
  const [keyFile, file] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-days', '30', '-subj', '/CN=api.example.org'],
      ...['-addext', 'subjectAltName=DNS:api.example.org', '-keyout', keyFile, '-out', file],
    ],
    { stdio: 'ignore' },
  );
  const pem = readFileSync(file, 'utf8');
  return {
    pem,
    key: readFileSync(keyFile, 'utf8'),
    validTo: Date.parse(new X509Certificate(pem).validTo),
  };
}
