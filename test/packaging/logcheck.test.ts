/**
 * Rules for logcheck: lines of every day are left out of its mails, and none that docs/messages.md has.
 * (debian/ooni-common.logcheck.ignore.server)
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { EVERY_DAY, findMessages } from '../../scripts/messages/found.ts';

const RULES = 'debian/ooni-common.logcheck.ignore.server';

/** Lines that logcheck would mail. */
function mailed(t: { testdir(): string }, lines: readonly string[]): string[] {
  const file = join(t.testdir(), 'lines');
  writeFileSync(file, `${lines.join('\n')}\n`);
  try {
    const out = execFileSync('grep', ['-Ev', '-f', RULES, file], { encoding: 'utf8' });
    return out.trim().split('\n');
  } catch {
    return [];
  }
}

/** As rsyslog writes it, and as logcheck reads the journal. */
const STAMPS = ['Nov 24 10:15:03', '2026-11-24T10:15:03.123456+00:00'];
const lineOf = (program: string, text: string, stamp = STAMPS[0]!) =>
  `${stamp} host ${program}: ${text}`;

t.test('what is said every day', async (t) => {
  const texts = [
    ['ooni-api[71]', 'ooni-api started version=0.2.0 listen=127.0.0.1:8080 workers=2'],
    ['ooni-api[71]', 'stopping: finishing the requests in flight signal=SIGTERM'],
    ['ooni-api[71]', 'removed unfinished files, never answered with 200 removed=3'],
    ['ooni-api[71]', 'test list loaded entries=3400'],
    ['ooni-api[71]', 'well again health=clickhouse_error'],
    ['ooni-api[72]', 'fingerprints: nothing new rows=151 sha256=ab'],
    ['ooni-api[72]', 'geoip: put in place: 3 rows more; 2 less rows=1 source=https://x sha256=ab'],
    ['ooni-fastpath[8]', 'fingerprints loaded dns=150 http=151'],
    ['ooni-fastpath[8]', 'ClickHouse takes rows again down_s=12'],
    ['ooni-uploader[9]', 'built can=2026112410_IT_webconnectivity.n1.0 measurements=12'],
    ['ooni-uploader[9]', 'all closed hours are published cans=12'],
    [
      'nginx_ooni',
      '192.0.2.0 MISS "GET /api/v1/measurements?limit=3 HTTP/2.0" 200 512 0.1 0.1 "-" "curl"',
    ],
    ['systemd[1]', 'Started ooni-api.service - OONI API: receives measurements and serves them.'],
    [
      'systemd[1]',
      'Finished ooni-api-fetch@geoip.service - Fetch outside data for the OONI backend: geoip.',
    ],
    ['systemd[1]', 'ooni-uploader.service: Consumed 1.2s CPU time, 90M memory peak.'],
  ] as const;
  const lines = STAMPS.flatMap((stamp) =>
    texts.map(([program, text]) => lineOf(program, text, stamp)),
  );
  t.strictSame(mailed(t, lines), []);
});

/** Said to whoever typed a command: no journal has it. */
const TYPED = [
  'replaying',
  'replay done',
  'replay stopped before its end',
  'replay ended before its end',
  'stopping after the objects that are being read; a second signal stops at once',
  '…: the former content is in use again',
];

t.test('whatever the programs say at info', async (t) => {
  const texts = findMessages(process.cwd(), EVERY_DAY);
  t.ok(texts.length > 15);
  for (const typed of TYPED) t.ok(texts.find(({ text }) => text === typed) !== undefined, typed);
  const lines = texts
    .filter(({ text }) => !TYPED.includes(text))
    .flatMap(({ text, room }) =>
      (room === 'common' ? ['api', 'fastpath'] : [room]).flatMap((program) =>
        STAMPS.flatMap((stamp) =>
          ['', ' count=3 source=x'].map((fields) =>
            lineOf(`ooni-${program}[7]`, `${text.replaceAll('…', 'fingerprints')}${fields}`, stamp),
          ),
        ),
      ),
    );
  t.strictSame(mailed(t, lines), []);
});

t.test('what is wrong', async (t) => {
  const lines = [
    ...findMessages(process.cwd()).flatMap(({ text, room }) =>
      (room === 'common' ? ['api', 'fastpath', 'uploader'] : [room]).flatMap((program) => [
        lineOf(`ooni-${program}[7]`, text.replaceAll('…', 'x')),
        lineOf(`ooni-${program}[7]`, `${text.replaceAll('…', 'x')} error=x`),
      ]),
    ),
    lineOf('nginx_ooni', '192.0.2.0 - "POST /report HTTP/2.0" 503 512 0.1 0.1 "-" "ooniprobe"'),
    lineOf('systemd[1]', "ooni-api.service: Failed with result 'exit-code'."),
    lineOf('systemd[1]', 'Failed to start ooni-api.service - OONI API.'),
  ];
  t.strictSame(mailed(t, lines), lines);
});
