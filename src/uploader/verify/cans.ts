/** The entries of the log, gathered into the objects that they are of. */
import type { Leaf, PublishedLeaf, RemovedLeaf } from '../../core/archive/leaf.ts';
import type { Report } from './report.ts';
import type { ObjectLeaves } from './verifyObjects.ts';

/** Entries of removals go to `removed`, as they come. */
export async function* gatherObjects(
  leaves: AsyncIterable<{ readonly index: number; readonly leaf: Leaf }>,
  removed: (leaf: RemovedLeaf) => void,
  report: Report,
): AsyncGenerator<ObjectLeaves> {
  let group: PublishedLeaf[] = [];
  let firstLeaf = 0;
  for await (const { index, leaf } of leaves) {
    const [first] = group;
    if (first !== undefined && (leaf.kind === 'removed' || leaf.key !== first.key)) {
      yield { key: first.key, firstLeaf, leaves: group };
      group = [];
    }
    if (leaf.kind === 'removed') {
      removed(leaf);
      continue;
    }
    if (group.length === 0) firstLeaf = index;
    if (leaf.line !== group.length)
      report.problem(`leaf ${index}`, `is line ${leaf.line} of ${leaf.key} out of order`);
    group.push(leaf);
  }
  const [first] = group;
  if (first !== undefined) yield { key: first.key, firstLeaf, leaves: group };
}
