/** A process that looks for outlines of all kinds of envelopes, and of what is none: outlinesProgram MODULE. */
import { createRequire } from 'node:module';
import { outlineOf } from '../../../src/core/measurement/outline.ts';
import { type OutlineDoor, openOutlines } from '../../../src/edge/layout/outlines.ts';
import { ODD_ARGUMENTS } from '../../support/oddArguments.ts';
import { randomChoices } from '../../support/random.ts';
import { judgedTexts } from './bodies.ts';

export interface OutlineReport {
  readonly found: number;
  readonly refused: number;
  /** Not as JavaScript has it, or neither answered nor refused. */
  readonly wrong: readonly string[];
}

async function fuzz(module: string): Promise<void> {
  const { outlines } = createRequire(import.meta.url)(module) as OutlineDoor;
  const find = openOutlines(module);
  const { below, pick } = randomChoices(43);
  const wrong: string[] = [];
  let found = 0;
  let refused = 0;
  // Each in a buffer of its own size, so that a byte read behind it is one of nobody.
  const posts = [...judgedTexts(4_000, 13)].map(({ text }) => {
    const source = Buffer.from(text);
    const post = Buffer.allocUnsafeSlow(source.length);
    source.copy(post);
    return post;
  });
  for (const [at, outline] of (await find(posts)).entries()) {
    if (outline === undefined) continue;
    found++;
    if (JSON.stringify(outline) !== JSON.stringify(outlineOf(posts[at]!)))
      wrong.push(posts[at]!.toString('base64'));
  }
  for (let tries = 0; tries < 400; tries++) {
    const given: unknown[] = [[posts[0], pick(ODD_ARGUMENTS), posts[1]], 1_000];
    if (below(3) === 0) given[below(2)] = pick(ODD_ARGUMENTS);
    if (below(8) === 0) given.length = below(2);
    try {
      const answer = await (outlines as (...all: unknown[]) => Promise<unknown>)(...given);
      if (!(answer instanceof Int32Array)) wrong.push(`odd ${tries}`);
    } catch (error) {
      if (error instanceof TypeError) refused++;
      else wrong.push(String(error));
    }
  }
  const report: OutlineReport = { found, refused, wrong: wrong.slice(0, 10) };
  process.stdout.write(JSON.stringify(report));
}

await fuzz(process.argv[2]!);
