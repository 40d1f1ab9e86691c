/**
 * What a program puts into a session under one id, as events.
 *
 *     identity   of `<class>:<id>`, so that a message and a patch may have the same id; the id itself is `source.nativeId`
 *     source     the entry's type and the event's part; there is no file, so there are no offsets
 *
 * The events of an entry are stored together or not at all. What comes again under its id is known; other content is a
 * revision. Every event is checked against the published schema before it is stored: this is where a caller's data enters.
 */

import { KatoError } from '../core/errors.ts';
import { type EventId, eventFlaw, type Payload, payloads } from '../core/event.ts';
import { componentId, contentHash, identify, recordDigest } from '../core/identity.ts';
import { type SessionKey, sessionId } from '../core/session.ts';
import { FactsFolder } from '../ingest/facts.ts';
import type { Draft } from '../providers/provider.ts';
import { type EventPage, PAGE_BYTES, PageBuilder } from '../store/page.ts';
import type { Blob, SessionPart } from '../store/store.ts';

/** Ids of different classes never meet. */
export type EntryClass = 'start' | 'message' | 'mirror' | 'patch' | 'compaction' | 'meta' | 'turn-end';

/** One event of an entry; what all of them have in common is the entry's. */
export type EntryEvent = Pick<Draft, 'part' | 'origin' | 'model'> & { readonly body: Pick<Draft, 'kind' | 'payload'> };

export interface Entry {
  readonly class: EntryClass;
  /** The caller's own id; empty for what a session has one of. */
  readonly id: string;
  /** What the entry is, for people: the role of a message, else its class. */
  readonly type: string;
  readonly at?: string | undefined;
  readonly turnId?: string | undefined;
  readonly events: readonly EntryEvent[];
  readonly blobs?: readonly Blob[];
  /** The message that this one is a copy of. */
  readonly copyOf?: { readonly session: SessionKey; readonly id: string } | undefined;
}

/** What entries bring to a session, ready to be appended. Throws `usage` for what is no event. */
export function partOf(key: SessionKey, entries: readonly Entry[]): SessionPart {
  const facts = new FactsFolder();
  const builder = new PageBuilder();
  const pages: EventPage[] = [];
  for (const entry of entries) {
    for (const { id, content, json, draft } of encodeEntry(key, entry)) {
      builder.add(id, content, json);
      facts.add(draft);
    }
    if (builder.bytes >= PAGE_BYTES) pages.push(builder.build(true));
  }
  if (builder.count > 0) pages.push(builder.build(false));
  return { key, facts: facts.take(), pages, blobs: entries.flatMap(({ blobs = [] }) => blobs), sideFiles: [] };
}

interface Encoded {
  readonly id: EventId;
  readonly content: string;
  readonly json: string;
  readonly draft: Draft;
}

function encodeEntry(key: SessionKey, entry: Entry): Encoded[] {
  const digest = recordDigest(key, { id: `${entry.class}:${entry.id}` });
  const parts = new Set<string>();
  return entry.events.map((event) => {
    if (parts.has(event.part)) throw refused(entry, `two parts are called ${event.part}`);
    parts.add(event.part);
    return encodeEvent(key, entry, event, componentId(digest, event.part));
  });
}

function encodeEvent(key: SessionKey, entry: Entry, { part, origin, model, body }: EntryEvent, id: EventId): Encoded {
  const { at, turnId, type, copyOf } = entry;
  const payload = inOrder(body);
  const event = {
    id,
    kind: body.kind,
    at,
    turnId,
    model,
    origin,
    copyOf: copyOf && identify(copyOf.session, { id: `message:${copyOf.id}` }, part),
    source: { type, part, nativeId: entry.id || undefined },
    payload,
  };
  const flaw = eventFlaw({ v: 1, seq: 0, session: { ...key, id: sessionId(key) }, ...event });
  if (flaw !== undefined) throw refused(entry, flaw);
  try {
    const content = contentHash(body.kind, model, JSON.stringify(payload));
    // Without the entry's id: sessions that begin alike are not copies of each other.
    const draft = { ...body, session: key.nativeId, part, type, at, turnId, model, origin } as Draft; // Paired by `body`.
    return { id, content, json: JSON.stringify(event), draft };
  } catch (cause) {
    throw refused(entry, 'it cannot be written as JSON', cause); // Nested too deep, in a circle, or a BigInt.
  }
}

/** The payload with its keys in the order of the schema: who tells them in another order says the same. */
function inOrder({ kind, payload }: EntryEvent['body']): Payload<typeof kind> {
  const told: Record<string, unknown> = { ...payload };
  const keys = Object.keys(payloads[kind].json.properties ?? {});
  const known = keys.filter((key) => told[key] !== undefined).map((key) => [key, told[key]]);
  return { ...Object.fromEntries(known), ...told }; // Unknown keys as well, to be refused by name.
}

function refused({ class: name, id }: Entry, why: string, cause?: unknown): KatoError {
  return new KatoError('usage', `cannot append ${name} ${JSON.stringify(id)}: ${why}`, {
    hint: 'docs/library.md says what a message may hold',
    cause,
  });
}
