/** How a request body is compressed (protocol, probes 3.2 REC: zstd and gzip, any case). */

export type Coding = 'identity' | 'gzip' | 'zstd';

/** The coding named by a Content-Encoding header, or undefined for one that is not understood. */
export function bodyCoding(header: string | undefined): Coding | undefined {
  switch (header?.trim().toLowerCase() ?? '') {
    case '':
    case 'identity':
      return 'identity';
    case 'gzip':
    case 'x-gzip':
      return 'gzip';
    case 'zstd':
      return 'zstd';
    default:
      return undefined;
  }
}
