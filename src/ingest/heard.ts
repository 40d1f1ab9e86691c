/**
 * Commands in sessions that are not kept.
 *
 * Such a session leaves nothing in the log, so each of its commands is an offset of its own, `heard/<event id>`, stored in
 * the batch that moves the checkpoint over it: once, and not again when the source is read anew. A command that another
 * copy of the same conversation has brought before is marked as replayed, as a link would mark it in the log.
 */
import type { EventId, KatoEvent } from '../core/event.ts';
import { identify, recordHalf } from '../core/identity.ts';
import type { JsonValue } from '../core/json.ts';
import { type SessionKey, sessionId } from '../core/session.ts';
import type { SourceRecord } from '../core/source.ts';
import type { Batch, Offset, TranscriptStore } from '../store/store.ts';
import type { HeardCommand } from './collector.ts';

/** Consumers of this name hold one heard command each. */
const HEARD_PREFIX = 'heard/';

/** What a heard command's offset holds. The event has no seq: it is in no transcript. */
export interface Heard {
  readonly session: SessionKey;
  readonly event: Omit<KatoEvent<'user.kato-command'>, 'seq'>;
  /** The source's path when it was heard. */
  readonly path: string;
}

const KIND = 'user.kato-command';

export function heardOffset({ key, id, json }: HeardCommand, { id: file, path }: SourceRecord): Offset {
  const { id: _, kind: __, source, ...rest } = JSON.parse(json); // Written by `encodeDraft`.
  const event = { v: 1, id, session: { ...key, id: sessionId(key) }, kind: KIND, ...rest, source: { ...source, file } };
  return { consumer: `${HEARD_PREFIX}${id}`, position: 0, state: { session: { ...key }, event, path } };
}

/** The batch with only those heard commands that are news, each marked if it is a copy. */
export async function settleHeard(store: TranscriptStore, batch: Batch): Promise<Batch> {
  if (batch.offsets.length === 0) return batch;
  const forgotten = new Set((await store.forgotten()).map(nameOf));
  const offsets: Offset[] = [];
  const seen = new Set<string>();
  for (const offset of batch.offsets) {
    if (seen.has(offset.consumer)) continue; // Written again in the same reading: it stays what it was first.
    seen.add(offset.consumer);
    const heard = offset.state as unknown as Heard; // Made by `heardOffset`.
    if (forgotten.has(nameOf(heard.session)) || (await isKnown(store, heard))) continue;
    const copyOf = await findOriginal(store, batch, heard);
    const event = copyOf === undefined ? heard.event : { ...heard.event, origin: 'replayed', copyOf };
    offsets.push({ ...offset, state: { ...heard, event } as unknown as JsonValue });
  }
  return { ...batch, offsets };
}

/** Whether the command was heard before, or stands in what was kept of its session once. */
async function isKnown(store: TranscriptStore, { session, event }: Heard): Promise<boolean> {
  if (await store.offset(`${HEARD_PREFIX}${event.id}`)) return true;
  return (await store.knownRecords(session, [recordHalf(event.id)])).size > 0;
}

/** The same command in a session that this one continues, or begins like, if that one was first. */
async function findOriginal(
  store: TranscriptStore,
  batch: Batch,
  { session, event }: Heard,
): Promise<EventId | undefined> {
  const { nativeId: record, part } = event.source;
  if (record === undefined) return undefined;
  for (const other of await relatives(store, batch, session)) {
    const id = identify(other, { id: record }, part);
    const half = recordHalf(id);
    if (await store.offset(`${HEARD_PREFIX}${id}`)) return id;
    if ((await store.knownRecords(other, [half])).size > 0) return id;
  }
  return undefined;
}

async function relatives(store: TranscriptStore, batch: Batch, key: SessionKey): Promise<readonly SessionKey[]> {
  const links = [...(await store.links()), ...batch.links].filter((link) => nameOf(link.key) === nameOf(key));
  const parents = links.map(({ parent }) => ({ provider: key.provider, nativeId: parent.nativeId }));
  const part = batch.sessions.find((one) => nameOf(one.key) === nameOf(key));
  const head = (await store.session(key))?.facts.head ?? part?.facts.head;
  const alike = head === undefined ? [] : await store.sessionsByHead(key.provider, head);
  return [...parents, ...alike.map((one) => one.key)].filter((other) => nameOf(other) !== nameOf(key));
}

function nameOf({ provider, nativeId }: SessionKey): string {
  return `${provider}\0${nativeId}`;
}
