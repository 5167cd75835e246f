/** The `.jsonl.gz` of a can, in members that can be read alone, and the index that tells where. */
import { type FileHandle, open } from 'node:fs/promises';
import { isMemberOfItsOwn, isPieceOfItsOwn } from '../../core/archive/members.ts';
import type { Deflater } from '../../edge/gzip/deflater.ts';
import type { Post } from './batches.ts';
import { createGzipFile } from './gzipFile.ts';
import type { IndexLine } from './manifest.ts';
import { makePieceText, type Piece } from './pieceText.ts';
import { type DeflatedLines, isDeflatedInTar } from './tarFile.ts';

const LINE_FEED = Buffer.from('\n');
/** A line feed as a piece: a stored block. */
const LINE_FEED_PIECE: Piece = {
  text: LINE_FEED,
  deflated: Buffer.from([0, 1, 0, 0xfe, 0xff, 0x0a]),
};

export interface JsonlFile {
  /** `inTar`: what the tar of the same measurements has deflated already. */
  add(posts: readonly Post[], inTar?: Promise<DeflatedLines>): Promise<void>;
  finish(): Promise<{ readonly sizeBytes: number }>;
  abandon(): Promise<void>;
}

/** What comes next in the file. */
type Next =
  /** So many of the pieces that are deflated here. */
  | { readonly kind: 'pieces'; readonly count: number }
  /** A line that the tar has deflated. */
  | { readonly kind: 'line'; readonly line: Uint8Array }
  | { readonly kind: 'line feed' }
  /** The end of a member of these lines. */
  | { readonly kind: 'end'; readonly lines: readonly Line[] };

type Line = Omit<IndexLine, 'offset' | 'length'>;

export async function createJsonlFile(
  files: { readonly jsonl: string; readonly index: string },
  deflater: Deflater,
  memberBytes: number,
): Promise<JsonlFile> {
  const gzip = await createGzipFile(files.jsonl);
  const index: FileHandle = await open(files.index, 'w', 0o640);
  const text = makePieceText(deflater, memberBytes);
  let memberLines: Line[] = [];
  let memberTextBytes = 0;
  let next: Next[] = [];

  /** Ends what `add` begins; its pieces come next. */
  const pieces = (add: () => void) => {
    const before = text.pieces;
    add();
    const count = text.pieces - before;
    if (count > 0) next.push({ kind: 'pieces', count });
  };
  const endMember = () => {
    pieces(text.endPiece);
    if (memberLines.length > 0) next.push({ kind: 'end', lines: memberLines });
    memberLines = [];
    memberTextBytes = 0;
  };
  const addText = (post: Post, isInTar: boolean) => {
    const { line } = post;
    if (!isPieceOfItsOwn(line.length)) {
      text.append(line);
      text.append(LINE_FEED);
      if (text.isFull) pieces(text.endPiece);
      return;
    }
    pieces(text.endPiece);
    if (isInTar) next.push({ kind: 'line', line });
    else pieces(() => text.alone(line));
    next.push({ kind: 'line feed' });
  };
  const addLine = (post: Post, isInTar: boolean) => {
    const isMember = isMemberOfItsOwn(memberBytes, post.line.length);
    if (isMember) endMember();
    memberLines.push({
      uid: post.uid,
      sha256: post.sha256,
      parsed: post.parsed,
      report_id: post.reportId,
      input: post.input,
      member_line: memberLines.length,
    });
    memberTextBytes += post.line.length + 1;
    addText(post, isInTar);
    if (isMember || (memberTextBytes >= memberBytes && text.isBetweenPieces)) endMember();
  };

  /** Puts together all that has been ended. */
  const write = async (inTar: Promise<DeflatedLines> | undefined) => {
    const steps = next;
    next = [];
    const [own, lines] = await Promise.all([text.deflate(), inTar]);
    const left = own.values();
    let indexed = '';
    for (const step of steps)
      switch (step.kind) {
        case 'pieces':
          for (let count = step.count; count > 0; count--) gzip.add(left.next().value!);
          break;
        case 'line':
          for (const piece of lines!.get(step.line)!) gzip.add(piece);
          break;
        case 'line feed':
          gzip.add(LINE_FEED_PIECE);
          break;
        case 'end': {
          const place = gzip.endMember();
          for (const line of step.lines) indexed += `${JSON.stringify({ ...line, ...place })}\n`;
        }
      }
    await gzip.write();
    if (indexed !== '') await index.writeFile(indexed);
  };

  return {
    async add(posts, inTar) {
      for (const post of posts) addLine(post, inTar !== undefined && isDeflatedInTar(post));
      await write(inTar);
    },

    async finish() {
      endMember();
      await write(undefined);
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
