/**
 * The one place where events get their identity. An id says where an event came from, so reading twice stores once.
 *
 *     d  = H(provider, session, record)
 *     id = bytes 0…7 of d  +  bytes 8…15 of d xor bytes 0…7 of H(component)
 *
 * `record` is the provider's own id of the record. Where it gives none, it is a hash of the frame's bytes and the
 * frame's occurrence number among equal frames of the session in this generation of the source. All events of a record
 * share the first half, so a store finds them with one range look-up.
 */
import { hash } from 'node:crypto';
import type { EventId } from './event.ts';
import { remember } from './memo.ts';
import type { SessionKey } from './session.ts';

/** A record: by the provider's id, or by content and occurrence (0 is the first). */
export type RecordKey = { readonly id: string } | { readonly frame: string; readonly occurrence: number };

/** The digest of a record: 64 hex digits, from which the ids of all its events are made. */
export function recordDigest(session: SessionKey, record: RecordKey): string {
  const key = 'id' in record ? `r\0${record.id}` : `f\0${record.frame}\0${record.occurrence}`;
  return hash('sha256', `${session.provider}\0${session.nativeId}\0${key}`, 'hex');
}

/** The id of one component of the record with this digest. */
export function componentId(digest: string, component: string): EventId {
  const [high, low] = componentWords(component);
  const second = wordAt(digest, 16, high) + wordAt(digest, 24, low);
  return (digest.slice(0, 16) + second) as EventId;
}

/** Bytes as two hex digits: numbers that are larger than V8's small integers are slow to write. */
const HEX_PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Eight hex digits of the digest, mixed with a word of the component. */
function wordAt(digest: string, start: number, word: number): string {
  const high = Number.parseInt(digest.slice(start, start + 4), 16) ^ (word >>> 16);
  const low = Number.parseInt(digest.slice(start + 4, start + 8), 16) ^ (word & 0xffff);
  return `${HEX_PAIRS[high >>> 8]}${HEX_PAIRS[high & 0xff]}${HEX_PAIRS[low >>> 8]}${HEX_PAIRS[low & 0xff]}`;
}

/** Two words of a component's hash. Nearly all components are the same few. */
const componentWords = remember((component: string): readonly [number, number] => {
  const digest = hash('sha256', component, 'hex');
  return [Number.parseInt(digest.slice(0, 8), 16), Number.parseInt(digest.slice(8, 16), 16)];
}, 256);

/** The id of one component of a record. */
export function identify(session: SessionKey, record: RecordKey, component: string): EventId {
  return componentId(recordDigest(session, record), component);
}

/** The half that is common to the ids of all events of a record: 16 hex digits, of an event's id or a record's digest. */
export function recordHalf(idOrDigest: string): string {
  return idOrDigest.slice(0, 16);
}

/** The hash of a frame's bytes that `RecordKey.frame` takes: 32 hex digits. */
export function frameHash(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex').slice(0, 32);
}

/**
 * 16 hex digits that differ when what an event says differs: the test for a revision. Time, turn, origin and place do not
 * count, because agents rewrite them when they copy history (docs/decisions/0006-time-and-origin-are-no-revision.md).
 */
export function contentHash(kind: string, model: string | undefined, payloadJson: string): string {
  return hash('sha256', `${kind}\0${model ?? ''}\0${payloadJson}`, 'hex').slice(0, 16);
}
