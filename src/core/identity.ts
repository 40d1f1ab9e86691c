/**
 * The one place where events get their identity. An id says where an event came from, so reading twice stores once.
 *
 *     id = first 8 bytes of H(provider, session, record) + first 8 bytes of H(provider, session, record, component)
 *
 * `record` is the provider's own id of the record. Where it gives none, it is a hash of the frame's bytes and the
 * frame's occurrence number among equal frames of the session in this generation of the source. All events of a record
 * share the first half, so a store finds them with one range look-up.
 */
import { hash } from 'node:crypto';
import type { EventId } from './event.ts';
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
  return (digest.slice(0, 16) + hash('sha256', `${digest}\0${component}`, 'hex').slice(0, 16)) as EventId;
}

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

/** 16 hex digits that differ when what an event says differs: the test for a revision. Times and places do not count. */
export function contentHash(kind: string, model: string | undefined, payloadJson: string): string {
  return hash('sha256', `${kind}\0${model ?? ''}\0${payloadJson}`, 'hex').slice(0, 16);
}
