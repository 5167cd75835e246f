/** Where the files of a job come from, as the configuration writes it (docs/sources.md). */

export type SourceAddress =
  /** Files by their names below this address, which ends with `/`. */
  | { readonly kind: 'https-files'; readonly base: string }
  /** One file: itself, or an archive (tar, tar.gz, zip) or gzip of what is wanted. */
  | { readonly kind: 'https-file'; readonly url: string; readonly sha256: string | undefined }
  /** A folder, or a file as above. */
  | { readonly kind: 'path'; readonly path: string; readonly sha256: string | undefined }
  /** A commit of a Git repository on this host, with or without a checkout. */
  | { readonly kind: 'git'; readonly path: string; readonly revision: string };

/** Replaced by this month; where that is not there, by the last one: 202611. */
const MONTH = '{yyyymm}';
const SHA256 = /^sha256=([0-9a-f]{64})$/;
/** No option of git, and nothing that a shell or git would take apart. */
const REVISION = /^(?![-.])[A-Za-z0-9_./-]{1,200}$/;

/** Undefined for what is no address of a source. */
export function parseSourceAddress(text: string): SourceAddress | undefined {
  const hash = text.indexOf('#');
  const before = hash < 0 ? text : text.slice(0, hash);
  const after = hash < 0 ? undefined : text.slice(hash + 1);
  if (before.startsWith('git:/')) {
    const revision = after ?? 'HEAD';
    return REVISION.test(revision)
      ? { kind: 'git', path: before.slice('git:'.length), revision }
      : undefined;
  }
  const sha256 = after === undefined ? undefined : SHA256.exec(after)?.[1];
  if (after !== undefined && sha256 === undefined) return undefined;
  if (before.startsWith('/')) return { kind: 'path', path: before, sha256 };
  if (!URL.canParse(before.replaceAll(MONTH, ''))) return undefined;
  const { protocol, username, password, pathname } = new URL(before.replaceAll(MONTH, ''));
  if (protocol !== 'https:' || username !== '' || password !== '') return undefined;
  if (!pathname.endsWith('/')) return { kind: 'https-file', url: before, sha256 };
  return sha256 === undefined && !before.includes('?')
    ? { kind: 'https-files', base: before }
    : undefined;
}

/** The addresses that one stands for, in the order in which they are tried. */
export function addressesAt(address: SourceAddress, nowMs: number): readonly SourceAddress[] {
  if (address.kind !== 'https-file' || !address.url.includes(MONTH)) return [address];
  return [0, 1].map((monthsBack) => {
    const now = new Date(nowMs);
    const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - monthsBack, 1));
    const digits = month.toISOString().slice(0, 7).replace('-', '');
    return { ...address, url: address.url.replaceAll(MONTH, digits) };
  });
}

/** As it is named in the log and in `source_versions`. */
export function sourceName(address: SourceAddress): string {
  switch (address.kind) {
    case 'https-files':
      return address.base;
    case 'https-file':
      return address.url;
    case 'path':
      return address.path;
    case 'git':
      return `git:${address.path}#${address.revision}`;
  }
}
