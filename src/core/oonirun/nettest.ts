/** One test of an OONI Run link, as its author wrote it (protocol, data 6.1). */
import type { JsonObject } from '../json/jsonValue.ts';
import { readObject } from '../validation/bodyReader.ts';
import type { Issue } from '../validation/issues.ts';

/** As it is stored and answered. */
export interface Nettest {
  readonly test_name: string;
  readonly inputs: readonly string[] | null;
  readonly options: JsonObject;
  readonly is_background_run_enabled_default: boolean;
  readonly is_manual_run_enabled_default: boolean;
  readonly targets_name: string | null;
  /** One for each input. */
  readonly inputs_extra: readonly JsonObject[] | null;
}

/** The inputs are made for each probe: the test list, in the order in which it shall measure it. */
const WEBSITES_LIST = 'websites_list_prioritized';

const MAX_INPUTS = 10_000;
const MAX_INPUT_CHARACTERS = 4_096;

export function readNettest(
  value: unknown,
  issues: Issue[],
  at: readonly (string | number)[],
): Nettest {
  const reader = readObject(value, issues, at);
  const nettest = {
    test_name: reader.text('test_name', { minLength: 2, maxLength: 100 }),
    inputs:
      reader.texts('inputs', { maxItems: MAX_INPUTS, maxLength: MAX_INPUT_CHARACTERS }) ?? null,
    options: reader.object('options') ?? {},
    is_background_run_enabled_default:
      reader.optionalBool('is_background_run_enabled_default') ?? false,
    is_manual_run_enabled_default: reader.optionalBool('is_manual_run_enabled_default') ?? false,
    targets_name: reader.optionalText('targets_name', { maxLength: 100 }) || null,
    inputs_extra: reader.objects('inputs_extra', { maxItems: MAX_INPUTS }) ?? null,
  };
  const { inputs, inputs_extra } = nettest;
  if (inputs_extra !== null && inputs_extra.length !== (inputs?.length ?? 0))
    reader.refuse(
      'inputs_extra',
      'value_error',
      'Value error, When provided, inputs_extra should be the same length as inputs',
    );
  return nettest;
}

/** Why targets and inputs do not go together; undefined when they do. */
export function targetsFault(nettests: readonly Nettest[]): string | undefined {
  for (const { targets_name, inputs, inputs_extra } of nettests) {
    if (targets_name === null) continue;
    if (inputs !== null || inputs_extra !== null)
      return 'When targets_name is specified, inputs and inputs_extra must be null';
    if (targets_name !== WEBSITES_LIST) return `targets_name can only be ${WEBSITES_LIST}`;
  }
  return undefined;
}

/** Each with the inputs that this probe shall measure. */
export function withTargets(
  nettests: readonly Nettest[],
  targets: () => Pick<Nettest, 'inputs' | 'inputs_extra'>,
): readonly Nettest[] {
  return nettests.map((nettest) =>
    nettest.targets_name === WEBSITES_LIST ? { ...nettest, ...targets() } : nettest,
  );
}
