/** The `.jsonl.gz` of a can, in members that can be read alone, and the index that tells where. */
import { type FileHandle, open } from 'node:fs/promises';
import {
  isMemberOfItsOwn,
  memberLimits,
  memberState,
  restartIsCheap,
} from '../../core/archive/members.ts';
import type { Post } from './batches.ts';
import { createGzipFile } from './gzipFile.ts';
import type { IndexLine } from './manifest.ts';
import { makeMemberHead } from './memberHead.ts';

/** Lines are handed to the compressor in pieces of this size; members end between pieces. */
const PIECE_BYTES = 65_536;
const LINE_FEED = Buffer.from('\n');

export interface JsonlFile {
  add(posts: readonly Post[]): Promise<void>;
  finish(): Promise<{ readonly sizeBytes: number; readonly sha256: string }>;
  abandon(): Promise<void>;
}

export async function createJsonlFile(
  files: { readonly jsonl: string; readonly index: string },
  options: { readonly level: number; readonly memberBytes: number },
): Promise<JsonlFile> {
  const limits = memberLimits(options.memberBytes);
  const gzip = await createGzipFile(files.jsonl, options.level);
  const index: FileHandle = await open(files.index, 'w', 0o640);
  let memberLines: Omit<IndexLine, 'offset' | 'length'>[] = [];
  let memberTextBytes = 0;
  let memberStart = 0;
  let head = makeMemberHead(options.level);
  let piece: Uint8Array[] = [];
  let pieceBytes = 0;

  const flushPiece = async () => {
    if (pieceBytes === 0) return;
    const text = Buffer.concat(piece);
    head.add(text);
    await gzip.write(text);
    piece = [];
    pieceBytes = 0;
  };

  const endMember = async () => {
    await flushPiece();
    if (memberLines.length === 0) return;
    const { offset, length } = await gzip.endMember();
    memberStart = offset + length;
    const lines = memberLines.map((line): IndexLine => ({ ...line, offset, length }));
    await index.writeFile(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    memberLines = [];
    memberTextBytes = 0;
    head = makeMemberHead(options.level);
  };

  const memberIsFull = async (): Promise<boolean> => {
    const size = {
      textBytes: memberTextBytes,
      compressedBytes: gzip.compressedBytes - memberStart,
    };
    const state = memberState(limits, size);
    if (state !== 'large') return state === 'full';
    const headBytes = await head.compressedBytes();
    return headBytes !== undefined && restartIsCheap(size, headBytes);
  };

  return {
    async add(posts) {
      for (const post of posts) {
        const alone = isMemberOfItsOwn(limits, post.line.length);
        if (alone) await endMember();
        memberLines.push({
          uid: post.uid,
          sha256: post.sha256,
          parsed: post.parsed,
          report_id: post.reportId,
          input: post.input,
          member_line: memberLines.length,
        });
        piece.push(post.line, LINE_FEED);
        pieceBytes += post.line.length + 1;
        memberTextBytes += post.line.length + 1;
        if (pieceBytes >= PIECE_BYTES) await flushPiece();
        if (alone || (pieceBytes === 0 && (await memberIsFull()))) await endMember();
      }
      // The batch's bodies are let go.
      await flushPiece();
    },

    async finish() {
      await endMember();
      await index.sync();
      await index.close();
      return gzip.finish();
    },

    async abandon() {
      await gzip.abandon();
      await index.close();
    },
  };
}
