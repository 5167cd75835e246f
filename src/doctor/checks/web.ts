/** nginx and its certificate, as probes meet them. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { DAY_MS } from '../../core/time/days.ts';
import { AS_ROOT, type Finding, fault, ok, page, unseen } from '../finding.ts';
import { look, type Ran, type Read, readIfThere, run } from '../host.ts';

const CERTIFICATE = '/etc/ooni/tls/fullchain.pem';
const KEY = '/etc/ooni/tls/privkey.pem';
const SITE = '/etc/nginx/sites-enabled/ooni';
/** certbot renews a month before: then it has failed for two weeks. */
const RENEW_DAYS = 14;

const SET_UP = page('install', 'nginx and certificates');

/** `host`: of base_url. */
export function judgeCertificate(
  certificate: Read,
  key: Read,
  host: string | undefined,
  nowMs: number,
): Finding[] {
  if (certificate.kind === 'missing')
    return [fault(`certificate: ${CERTIFICATE} is missing`, SET_UP)];
  if (certificate.kind === 'denied') return [unseen('certificate', AS_ROOT)];
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(certificate.text);
  } catch {
    return [fault(`certificate: ${CERTIFICATE} holds none`, SET_UP)];
  }
  const findings: Finding[] = [];
  const from = Date.parse(parsed.validFrom);
  const to = Date.parse(parsed.validTo);
  const until = new Date(to).toISOString().slice(0, 10);
  const renew =
    'certbot renew, then systemctl reload nginx; journalctl -u certbot says why it did not';
  if (nowMs < from)
    findings.push(fault('certificate: not valid yet', 'is the clock right? See timedatectl'));
  else if (nowMs > to) findings.push(fault(`certificate: expired on ${until}`, renew));
  else if (to - nowMs < RENEW_DAYS * DAY_MS)
    findings.push(fault(`certificate: expires on ${until}`, renew));
  else findings.push(ok(`certificate: valid until ${until}`));
  if (host !== undefined && parsed.checkHost(host) === undefined)
    findings.push(fault(`certificate: it is not for ${host}, the host of base_url`, SET_UP));
  if (key.kind === 'missing')
    findings.push(fault(`certificate: its key ${KEY} is missing`, SET_UP));
  else if (key.kind === 'read' && !fits(parsed, key.text))
    findings.push(
      fault(`certificate: ${KEY} is not its key`, 'put both files of one certificate there'),
    );
  return findings;
}

function fits(certificate: X509Certificate, key: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** What nginx serves must be the file: a reload may have been forgotten. */
export function judgeServed(file: Read, served: string | undefined): Finding[] {
  if (file.kind !== 'read') return [];
  if (served === undefined)
    return [
      fault(
        'nginx does not answer HTTPS on this host',
        'systemctl status nginx; journalctl -u nginx -e',
      ),
    ];
  try {
    if (new X509Certificate(file.text).fingerprint256 !== served)
      return [
        fault('nginx serves another certificate than the file has', 'systemctl reload nginx'),
      ];
  } catch {
    return [];
  }
  return [ok('nginx answers HTTPS with that certificate')];
}

/** `ran`: what `nginx -t` says. */
export function judgeSyntax({ code, errors }: Ran, isRoot: boolean): Finding {
  if (!isRoot) return unseen('nginx: its configuration', AS_ROOT);
  if (code === 0) return ok('nginx: its configuration is good');
  const [first = ''] = errors.split('\n').filter((line) => line.includes('[emerg]'));
  return fault(
    `nginx: its configuration is not good (${first.replace(/^.*\[emerg\] (?:\d+#\d+: )?/, '')})`,
    'mend that, ask nginx -t, then systemctl reload nginx',
  );
}

function servedFingerprint(host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const done = (value: string | undefined) => {
      socket.destroy();
      resolve(value);
    };
    // Whose it is, is what is looked at here.
    const socket = connect({
      host: '127.0.0.1',
      port: 443,
      servername: host,
      rejectUnauthorized: false,
    });
    socket.setTimeout(10_000, () => done(undefined));
    socket.on('secureConnect', () => done(socket.getPeerCertificate().fingerprint256));
    socket.on('error', () => done(undefined));
  });
}

export async function checkWeb(
  baseUrl: string | undefined,
  nowMs: number,
  nginx = '/usr/sbin/nginx',
): Promise<Finding[]> {
  if (look(nginx).kind === 'missing')
    return [unseen('nginx is not installed here', 'look at what serves HTTPS instead')];
  if (look(SITE).kind === 'missing') return [fault(`nginx: ${SITE} is missing`, SET_UP)];
  const host = baseUrl === undefined ? undefined : new URL(baseUrl).hostname;
  const file = readIfThere(CERTIFICATE);
  return [
    judgeSyntax(await run('nginx', '-t', '-q'), process.getuid?.() === 0),
    ...judgeCertificate(file, readIfThere(KEY), host, nowMs),
    ...judgeServed(file, await servedFingerprint(host ?? 'localhost')),
  ];
}
