/** A probe for tests of the whole path: makes measurements and submits them through the front door. */
import { sampleMeasurement, webConnectivityKeys } from '../../scripts/run/measurements.ts';

export interface Submission {
  /** The exact text of the measurement that was sent. */
  readonly content: string;
  readonly measurementUid: string;
}

const TESTS = ['web_connectivity', 'ndt', 'dash', 'telegram'] as const;

/** The text of a measurement that no other call makes; its literals would not survive a re-serialisation. */
export function measurementText(serial: number): string {
  const testName = TESTS[serial % TESTS.length]!;
  const input = testName === 'web_connectivity' ? `https://site${serial}.example.org/` : null;
  const text = JSON.stringify(
    sampleMeasurement({
      probeCc: serial % 3 === 0 ? 'IT' : 'DE',
      probeAsn: 'AS64500',
      testName,
      input,
      testKeys: input === null ? { serial } : webConnectivityKeys(input, 'dns injection'),
      startTime: new Date().toISOString().slice(0, 19).replace('T', ' '),
    }),
  );
  return `${text.slice(0, -1)},"serial":${serial}.00,"big":12345678901234567890,"e":1E+2}`;
}

/** Submits; undefined when the answer was not a 200 (the probe would keep its copy and try again). */
export async function submit(apiUrl: string, content: string): Promise<Submission | undefined> {
  try {
    const answer = await fetch(`${apiUrl}/api/v1/submit_measurement`, {
      method: 'POST',
      body: JSON.stringify({ format: 'json', content }),
    });
    if (answer.status !== 200) return undefined;
    const { measurement_uid } = (await answer.json()) as { measurement_uid: string };
    return { content, measurementUid: measurement_uid };
  } catch {
    return undefined;
  }
}
