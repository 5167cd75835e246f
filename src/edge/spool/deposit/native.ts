/** Storing by the native module: in one call for some, that runs whole in one thread of Node's pool (deposit.c); by Node without it. */
import { randomBytes } from 'node:crypto';
import { hourFolderName, POST_SUFFIX } from '../../../core/measurement/spoolPaths.ts';
import { nativeDoors } from '../../../native/nativeModule.ts';
import { systemError } from '../../../native/systemError.ts';
import { Foreign } from '../doors.ts';
import { daysLookedAt } from '../seen.ts';
import { type Batched, makeBatches } from './batches.ts';
import type { Deposit, Depositor, DepositorParts } from './deposit.ts';
import { openReferenceDepositor } from './reference.ts';

/** What deposit.c gives back. The numbers are those of errno(3), 0 for none. */
interface Answer {
  readonly outcome:
    | 'stored'
    | 'uid_taken'
    | 'seen'
    | 'claimed'
    | 'failed'
    /** Something stands where the folder of the hour belongs. */
    | 'foreign'
    /** The folder of the hour was replaced meanwhile. */
    | 'replaced';
  readonly errno: number;
  /** The call that failed; empty for none. */
  readonly syscall: string;
  readonly memoryErrno: number;
}

/** What is said of each measurement of a call. */
type OwnArguments = readonly [
  hour: string,
  file: string,
  temporary: string,
  key: string,
  /** Neighbours with the same text share a link. */
  claim: string,
  bytes: Uint8Array,
];

export interface DepositDoor {
  /**
   * Stores 1 to 16 measurements; `own`: the arguments of each, one after the other. An answer for each, in
   * their order. Throws a TypeError for what is no text, no name of an entry or no Uint8Array; then nothing was done.
   */
  deposit(
    spool: string,
    today: string,
    before: string,
    after: string,
    ...own: OwnArguments[number][]
  ): Promise<Answer[]>;
}

/**
 * The native one, or the other where that cannot be used; `onFallback` is told why. `modulePath`: of another
 * module than the one of this program.
 */
export function openDepositor(
  parts: DepositorParts,
  onFallback: (reason: string) => void,
  modulePath?: string,
): Depositor {
  const native = nativeDoors<DepositDoor>(onFallback, modulePath);
  return native === undefined ? openReferenceDepositor(parts) : makeDepositor(parts, native);
}

interface Waiting extends Batched {
  readonly deposit: Deposit;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

function makeDepositor({ spool, seen, onMemoryFault }: DepositorParts, native: DepositDoor) {
  const { dir } = spool;
  /** Makes names of temporary files different from those of all other processes and calls. */
  const ownName = randomBytes(6).toString('hex');
  let temporaries = 0;

  const argumentsOf = ({ uid, envelope, key }: Deposit, claim: string): OwnArguments => [
    hourFolderName(uid),
    uid.text + POST_SUFFIX,
    `${uid.text}.${ownName}-${temporaries++}.post.tmp`,
    key,
    claim,
    envelope,
  ];

  const storeTogether = async (waiting: readonly Waiting[]): Promise<void> => {
    const { nowMs } = waiting[0]!.deposit;
    const claims = seen.textsOf(waiting.map(({ deposit }) => deposit));
    try {
      const answers = await native.deposit(
        dir,
        ...daysLookedAt(nowMs),
        ...waiting.flatMap(({ deposit }, at) => argumentsOf(deposit, claims[at]!)),
      );
      for (const [at, { resolve }] of waiting.entries()) resolve(answers[at]!);
    } catch (error) {
      // Thrown before anything was done: what it says of one holds of no other.
      if (waiting.length === 1) waiting[0]!.reject(error);
      else await Promise.all(waiting.map((one) => storeTogether([one])));
    }
  };
  const batches = makeBatches(storeTogether);

  const call = (deposit: Deposit) =>
    new Promise<Answer>((resolve, reject) => {
      const [day] = daysLookedAt(deposit.nowMs);
      batches.add({ day, bytes: deposit.envelope.length, deposit, resolve, reject });
    });

  return {
    async deposit(deposit: Deposit) {
      let answer = await call(deposit);
      if (answer.outcome === 'claimed' && (await seen.takeLeft(deposit.key, deposit.nowMs)))
        answer = await call(deposit);
      const { outcome, errno, syscall, memoryErrno } = answer;
      if (memoryErrno !== 0) onMemoryFault(systemError(memoryErrno, 'seen', `${dir}/seen`));
      const hour = `${dir}/incoming/${hourFolderName(deposit.uid)}`;
      switch (outcome) {
        case 'failed':
          throw systemError(errno, syscall, hour);
        case 'foreign':
          throw new Foreign(`${hour} is a link, no folder, or on another disk`);
        case 'replaced':
          throw new Foreign(`${hour} was replaced`);
        default:
          return outcome;
      }
    },
  };
}
