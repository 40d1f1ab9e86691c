/**
 * The contract of a framing: bytes in, frames out.
 *
 * A framer is fed the bytes of a source in order, in pieces of any size, and cuts them into records. Any cut of the
 * input gives the same frames. Every byte is accounted for: it belongs to a frame, to white space between frames, or
 * to the quarantine. Memory is bounded by the frame limit, whatever the source's size.
 */
import type { Diagnostic } from '../../core/diagnostic.ts';
import { frameHash } from '../../core/identity.ts';
import type { Cursor } from '../../core/source.ts';
import { toText } from './scan.ts';

/** Larger records are kept raw, in chunks, and are not parsed. */
export const FRAME_LIMIT_BYTES = 32 * 1024 * 1024;

/** A frame as it is cut: with its bytes, which are valid until the framer is fed again. */
export interface CutFrame {
  readonly role: 'record' | 'oversize';
  readonly offset: number;
  readonly bytes: number;
  readonly value: unknown;
  /** 32 hex digits over the frame's bytes, computed when asked for. */
  readonly hash: () => string;
  /** Which of equal frames it is, where the framing itself knows. */
  readonly occurrence?: number;
}

export interface QuarantinedBytes {
  readonly offset: number;
  readonly bytes: number;
  readonly reason: string;
}

/** What one piece of input gave. */
export interface Framed {
  readonly frames: readonly CutFrame[];
  readonly quarantined: readonly QuarantinedBytes[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface Framer {
  /** Takes the next bytes. */
  push(bytes: Uint8Array): Framed;
  /** Says that there are no more bytes for now. A record that is complete in itself is taken; a torn one waits. */
  finish(): Framed;
  /** Where reading goes on after what was framed so far. */
  cursor(): Cursor;
  /** Up to where every byte is accounted for. */
  accountedBytes(): number;
}

const EDGE_BYTES = 4096;

/** A frame of these bytes, which stand for this value: only its ends, when it is above the limit. */
export function cutFrame(bytes: Uint8Array, offset: number, value: unknown): CutFrame {
  const base = { offset, bytes: bytes.length, hash: () => frameHash(bytes) };
  if (bytes.length <= FRAME_LIMIT_BYTES) return { ...base, role: 'record', value };
  const head = toText(bytes.subarray(0, EDGE_BYTES));
  const tail = toText(bytes.subarray(-EDGE_BYTES));
  return { ...base, role: 'oversize', value: { bytes: bytes.length, head, tail } };
}
