/**
 * `ooni-uploader verify`: checks a published archive. With --bucket it needs nothing of the host:
 * the bucket is read without credentials, as by anyone. Without it, the host checks its own.
 */
import { writeFile } from 'node:fs/promises';
import { loadConfig } from '../../config/load.ts';
import { uploaderSchema } from '../../config/uploader.ts';
import { FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { openProgressBar } from '../../program/progressBar.ts';
import {
  collectorOf,
  needsConfig,
  objectsOf,
  openRescoring,
  savedOf,
  type VerifyArguments,
  verifierOf,
} from '../verify/inputs.ts';
import { openReport } from '../verify/report.ts';
import { type Pace, verify } from '../verify/verifyArchive.ts';

/** Writes findings and a verdict; gives the exit code: 0 when all is well, 65 when not. */
export async function verifyCommand(
  args: VerifyArguments,
  write: (line: string) => void,
  pace?: Pace,
): Promise<number> {
  const config = needsConfig(args) ? loadConfig(args.config, uploaderSchema) : undefined;
  const verifier = verifierOf(args, config);
  const saved = args.checkpoint === undefined ? undefined : savedOf(args.checkpoint, verifier);
  if (args.onlyNew && saved === undefined)
    throw new FatalError('--only-new: needs --checkpoint, of an earlier check', EXIT.usage);
  // It would say of days that were left out that they were checked, for ever.
  if (args.saveCheckpoint !== undefined && (args.from !== undefined || args.to !== undefined))
    throw new FatalError(
      '--save-checkpoint: not with --from or --to: it stands for all days',
      EXIT.usage,
    );
  const objects = objectsOf(args, config);
  const report = openReport(write);
  let rescoring: Awaited<ReturnType<typeof openRescoring>> | undefined;
  const bar = openProgressBar('{value}/{total} log entries {text}');
  try {
    if (args.rescore) rescoring = await openRescoring(args, config, objects, report);
    const verified = await verify({
      objects,
      collectorId: collectorOf(args, config, verifier),
      verifier,
      fromDay: args.from,
      toDay: args.to,
      saved,
      onlyNew: args.onlyNew,
      nowMs: Date.now(),
      report,
      onLine: rescoring?.rescorer.line,
      rowUids: rescoring?.rows,
      onProgress: (leaves, of) => bar.update(leaves, of, ''),
      pace,
    });
    const compared = await rescoring?.rescorer.finish();
    bar.stop();
    const { leaves, lines, removed, note } = verified;
    const seen = `${leaves} log entries, ${verified.objects} cans, ${lines} lines, ${removed} declared removals${compared === undefined ? '' : `, ${compared} rows`}; ${report.warnings} warnings${
      verified.unlisted
        ? '; the bucket gives no list: objects that the log does not know were not looked for'
        : ''
    }`;
    if (report.problems > 0) {
      write(`NOT VERIFIED: ${report.problems} problems (${seen})`);
      return EXIT.data;
    }
    write(`VERIFIED: ${seen}`);
    if (args.saveCheckpoint !== undefined) await writeFile(args.saveCheckpoint, note!);
    return EXIT.ok;
  } catch (error) {
    if (error instanceof FatalError) throw error;
    throw new FatalError(
      `cannot check ${objects.name}: this says nothing about the archive. Try again`,
      EXIT.unavailable,
      { cause: error },
    );
  } finally {
    bar.stop();
    objects.close();
    await rescoring?.rows.close();
  }
}
