/** The clock: ids and hours are made from it. */
import { SET_CLOCK, WRONG_CLOCK } from '../../core/health/troubles.ts';
import { isGoodTime } from '../../core/measurement/measurementUid.ts';
import { type Finding, fault, ok, unseen } from '../finding.ts';
import { type Ran, readIfThere, run } from '../host.ts';

/** What a time daemon may set back without harm. */
const TOLERANCE_MS = 5_000;

/** `ran`: what `timedatectl show` says. */
export function judgeSync({ code, out }: Ran): Finding {
  const value = /^NTPSynchronized=(yes|no)$/m.exec(out)?.[1];
  if (code !== 0 || value === undefined)
    return unseen('clock: whether it is kept right', 'ask the NTP client of this host');
  return value === 'yes'
    ? ok('clock: kept right by an NTP client')
    : fault('clock: nobody keeps it right', 'apt install systemd-timesyncd, then see timedatectl');
}

/** `mark`: when the uploader ran last, by this clock. */
export function judgeTime(nowMs: number, mark: string | undefined): Finding[] {
  const now = new Date(nowMs);
  if (!isGoodTime(nowMs))
    return [fault(`clock: it says ${now.getUTCFullYear()}: ${WRONG_CLOCK}`, SET_CLOCK)];
  const lastMs = Date.parse(mark?.trim() ?? '');
  if (nowMs < lastMs - TOLERANCE_MS)
    return [
      fault(
        `clock: it says ${now.toISOString()}, but ooni-uploader ran at ${new Date(lastMs).toISOString()}`,
        `${SET_CLOCK}; if the last run's was wrong, remove /var/lib/ooni/uploader/clock`,
      ),
    ];
  return [];
}

export async function checkClock(stateDir: string, nowMs: number): Promise<Finding[]> {
  const mark = readIfThere(`${stateDir}/clock`);
  return [
    judgeSync(await run('timedatectl', 'show', '--property=NTPSynchronized')),
    ...judgeTime(nowMs, mark.kind === 'read' ? mark.text : undefined),
  ];
}
