/** Bytes through a framer, in pieces: for tests of framing. */
import assert from 'node:assert/strict';
import type { Cursor } from '../../src/core/source.ts';
import type { CutFrame, Framed, QuarantinedBytes } from '../../src/ingest/framing/framer.ts';
import { createJsonlFramer } from '../../src/ingest/framing/jsonl.ts';
import { isSpace } from '../../src/ingest/framing/scan.ts';

/** A frame with its hash made, so that it can be compared. */
export type PlainFrame = Omit<CutFrame, 'hash'> & { readonly hash: string };

export interface FramedLines {
  readonly frames: readonly PlainFrame[];
  readonly quarantined: readonly QuarantinedBytes[];
  readonly diagnostics: readonly string[];
  readonly cursor: Cursor;
  readonly accountedBytes: number;
}

export interface FrameOptions {
  /** Where the input is cut into pieces. */
  readonly cuts?: readonly number[];
  readonly limitBytes?: number;
  /** Where to go on from. */
  readonly cursor?: Cursor;
  /** Leave out `finish`: there is more to come. */
  readonly unfinished?: boolean;
}

/** Frames bytes, beginning where the cursor says. */
export function frameLines(bytes: Uint8Array, options: FrameOptions = {}): FramedLines {
  const { cuts = [], limitBytes, cursor, unfinished = false } = options;
  const framer = createJsonlFramer(cursor, limitBytes);
  const from = (cursor as { offset?: number } | undefined)?.offset ?? 0;
  const ends = [...cuts.filter((cut) => cut > from && cut < bytes.length), bytes.length].sort((a, b) => a - b);
  const frames: PlainFrame[] = [];
  const quarantined: QuarantinedBytes[] = [];
  const diagnostics: string[] = [];
  const take = (framed: Framed) => {
    frames.push(...framed.frames.map(plain));
    quarantined.push(...framed.quarantined);
    diagnostics.push(...framed.diagnostics.map(({ code }) => code));
  };
  let start = from;
  for (const end of ends) {
    take(framer.push(bytes.slice(start, end)));
    start = end;
  }
  if (!unfinished) take(framer.finish());
  return { frames, quarantined, diagnostics, cursor: framer.cursor(), accountedBytes: framer.accountedBytes() };
}

/** The hash is made at once: a frame's bytes are valid only until the framer is fed again. */
export function plain({ hash, ...frame }: CutFrame): PlainFrame {
  return { ...frame, hash: hash() };
}

/** Every byte up to `accountedBytes` belongs to one frame, to the quarantine, or to white space, and to one of them only. */
export function assertTiles(bytes: Uint8Array, { frames, quarantined, accountedBytes }: FramedLines): void {
  assert.ok(accountedBytes <= bytes.length, 'accounts for more than there is');
  const owned = [...frames, ...quarantined].toSorted((a, b) => a.offset - b.offset);
  let end = 0;
  for (const part of [...owned, { offset: accountedBytes, bytes: 0 }]) {
    assert.ok(part.offset >= end, `byte ${part.offset} is accounted for twice`);
    const gap = bytes.subarray(end, part.offset);
    assert.ok(
      gap.every((byte) => isSpace(byte)),
      `bytes from ${end} on are not accounted for`,
    );
    end = part.offset + part.bytes;
  }
}
