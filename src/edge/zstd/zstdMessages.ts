/** What goes to the decompression thread and comes back. */

export interface ToThread {
  readonly data: Uint8Array;
  /** Size of the buffer to decompress into; more content than that is refused. */
  readonly boundBytes: number;
}

export type FromThread =
  | { readonly kind: 'ok'; readonly bytes: Uint8Array }
  /** Damaged, or more content than the bound. */
  | { readonly kind: 'refused' };
