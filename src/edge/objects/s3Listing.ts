/** Answers to ListObjectsV2 with `encoding-type=url`, as far as they are needed. */

export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
}

export interface Listing {
  readonly objects: readonly ListedObject[];
  /** Token of the next page; undefined after the last. */
  readonly next: string | undefined;
}

/** Is it such an answer at all, and not some page? */
export function isListing(text: string): boolean {
  return /^\s*(?:<\?xml[^>]*>\s*)?<ListBucketResult[\s>]/.test(text);
}

/** Throws for an answer that is cut off, or that has an object without a key. */
export function parseListing(xml: string): Listing {
  if (!/<\/ListBucketResult>\s*$/.test(xml)) throw new Error('a list of objects is cut off');
  // Not every service knows the parameter: only what says so is encoded.
  const encoded = elementOf(xml, 'EncodingType') === 'url';
  const objects = [...xml.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)].map(([, object]) => {
    const key = elementOf(object!, 'Key');
    if (key === undefined) throw new Error('a list of objects has one without a key');
    return {
      key: encoded ? decodeURIComponent(key.replaceAll('+', ' ')) : key,
      sizeBytes: Number(elementOf(object!, 'Size') ?? 0),
    };
  });
  const more = elementOf(xml, 'IsTruncated') === 'true';
  const next = elementOf(xml, 'NextContinuationToken');
  if (more && next === undefined) throw new Error('a list of objects has no token for its rest');
  return { objects, next: more ? next : undefined };
}

/** Text of the first element of this name. */
function elementOf(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return text?.replace(/&(?:(amp|lt|gt|quot|apos)|#(\d+)|#x([0-9a-fA-F]+));/g, characterOf);
}

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function characterOf(_: string, named?: string, decimal?: string, hex?: string): string {
  if (named !== undefined) return NAMED[named]!;
  return String.fromCodePoint(decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal));
}
