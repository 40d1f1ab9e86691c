/**
 * Drafts as stored events: identity, canonical JSON with a fixed order of keys, and the hash that tells revisions apart.
 */
import type { EventId } from '../core/event.ts';
import { componentId, contentHash, identify, type RecordKey, recordDigest } from '../core/identity.ts';
import type { SessionKey } from '../core/session.ts';
import type { Draft } from '../providers/provider.ts';

export interface FramePlace {
  readonly offset: number;
  readonly bytes: number;
}

export interface EncodedEvent {
  readonly id: EventId;
  /** 16 hex digits. */
  readonly content: string;
  readonly json: string;
}

export interface EncodeContext {
  readonly session: SessionKey;
  readonly record: RecordKey;
  readonly place: FramePlace;
  /** When kato saw the record, for records seen live only. */
  readonly observedAt: string | undefined;
}

/** Digests of records by their name, so that the components of one record share one digest. */
export class Digests {
  #session = '';
  #record = '';
  #digest = '';

  /** The digest of a record of the session. Remembers the latest one only: components come together. */
  of(session: SessionKey, record: RecordKey): string {
    const name = 'id' in record ? `r${record.id}` : `f${record.frame}#${record.occurrence}`;
    const owner = `${session.provider}\0${session.nativeId}`;
    if (this.#record !== name || this.#session !== owner) {
      this.#digest = recordDigest(session, record);
      this.#record = name;
      this.#session = owner;
    }
    return this.#digest;
  }
}

/** Encodes one draft. Throws `RangeError` when its payload is nested too deep to be written. */
export function encodeDraft(draft: Draft, context: EncodeContext, digests: Digests): EncodedEvent {
  const { session, record, place, observedAt } = context;
  const id = componentId(digests.of(session, record), draft.part);
  const payload = JSON.stringify(draft.payload);
  const json =
    `{"id":"${id}","kind":"${draft.kind}"` +
    optional('at', draft.at) +
    optional('observedAt', observedAt) +
    optional('turnId', draft.turnId) +
    optional('model', draft.model) +
    `,"origin":"${draft.origin}"` +
    optional('copyOf', copyOf(draft, session)) +
    `,"source":${encodeSource(draft, place)},"payload":${payload}}`;
  return { id, content: contentHash(draft.kind, draft.model, payload), json };
}

function optional(key: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${key}":${quoted(value)}`;
}

const NEEDS_NO_ESCAPE = /^[\w .:/@+-]*$/;

/** A string as JSON; the short plain ones of every event the quick way. */
function quoted(value: string): string {
  return value.length < 64 && NEEDS_NO_ESCAPE.test(value) ? `"${value}"` : JSON.stringify(value);
}

function encodeSource(draft: Draft, { offset, bytes }: FramePlace): string {
  const head = `{"type":${quoted(draft.type)},"part":${quoted(draft.part)}`;
  const ordinal = draft.ordinal === undefined ? '' : `,"ordinal":${draft.ordinal}`;
  const notBefore = draft.kind === 'user.kato-command' ? draft.notBefore : undefined;
  const tail = `${ordinal},"offset":${offset},"bytes":${bytes}${optional('notBefore', notBefore)}}`;
  return head + optional('nativeId', draft.record) + optional('sideFile', draft.sideFile) + tail;
}

function copyOf({ copyOf: copied, part }: Draft, { provider }: SessionKey): EventId | undefined {
  return copied && identify({ provider, nativeId: copied.session }, { id: copied.record }, part);
}
