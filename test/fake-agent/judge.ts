/** Lets kato read what a fake agent has written, and compares what it kept with the ledger. */
import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { eventFlaw } from '../../src/core/event.ts';
import { providers } from '../../src/providers/registry.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import type { StoredEvent, TranscriptStore } from '../../src/store/store.ts';
import { ingest, storedEvents } from '../support/derive.ts';
import { type Format, type Ledger, providerOf, type SessionFact } from './script.ts';

/** Kato's ear: its ingest, and a store in memory. */
export class Listener {
  readonly store: TranscriptStore = createMemoryStore();
  readonly #format: Format;
  readonly #home: string;

  constructor(format: Format, home: string) {
    this.#format = format;
    this.#home = home;
  }

  /** Takes in what is there. */
  async listen(): Promise<void> {
    const { id, root } = providerOf[this.#format];
    const provider = providers.find((other) => other.id === id);
    assert.ok(provider);
    await ingest(this.store, provider, `${this.#home}/${root}`);
  }

  events(): Promise<readonly StoredEvent[]> {
    return storedEvents(this.store);
  }
}

/** A line of a session: who said it, whether it was taken back, and what it was. */
type Line = readonly [by: 'person' | 'agent', text: string, takenBack: boolean];

interface JudgeOptions {
  /** What was taken back may be missing: the agent has removed it from the file. */
  readonly forgetsTakenBack?: boolean;
}

/** Every prompt and every answer is there once, in order, in its session, and nothing else is. */
export function assertHeard(events: readonly StoredEvent[], ledger: Ledger, options: JudgeOptions = {}): void {
  const expected = new Map<string, Line[]>();
  for (const { id, session, by, text } of ledger.said) {
    const takenBack = ledger.takenBack.has(id);
    expected.set(session, [...(expected.get(session) ?? []), [by, text, takenBack]]);
  }
  const heard = linesOf(events);
  for (const session of new Set([...expected.keys(), ...heard.keys()])) {
    const [is, should] = [heard.get(session) ?? [], expected.get(session) ?? []];
    const isLasting = (line: Line) => !line[2];
    if (options.forgetsTakenBack) assert.deepEqual(is.filter(isLasting), should.filter(isLasting), session);
    else assert.deepEqual(is, should, session);
  }
}

/** What people typed and agents said, by session. */
function linesOf(events: readonly StoredEvent[]): ReadonlyMap<string, readonly Line[]> {
  const lines = new Map<string, Line[]>();
  for (const { event, superseded } of events) {
    const by = speakerOf(event);
    if (!by || !('text' in event.payload)) continue;
    const session = event.session.nativeId;
    lines.set(session, [...(lines.get(session) ?? []), [by, event.payload.text ?? '', superseded]]);
  }
  return lines;
}

function speakerOf({ kind, origin }: StoredEvent['event']): Line[0] | undefined {
  if (kind === 'user.message' && origin === 'typed') return 'person';
  if (kind === 'assistant.message' && origin === 'agent') return 'agent';
  return undefined;
}

/** The sessions and where they come from. */
export function assertSessions(events: readonly StoredEvent[], ledger: Ledger): void {
  const found = new Map<string, SessionFact['parent']>();
  for (const { event } of events) {
    const { nativeId } = event.session;
    const parent = event.kind === 'session.info' && 'parent' in event.payload ? event.payload.parent : undefined;
    if (parent) found.set(nativeId, { nativeId: parent.nativeId, relation: parent.relation });
    else found.set(nativeId, found.get(nativeId));
  }
  const expected = [...ledger.sessions.values()].map(({ nativeId, parent }) => [
    nativeId,
    parent && { nativeId: parent.nativeId, relation: parent.relation },
  ]);
  assert.deepEqual([...found].sort(), expected.toSorted());
}

/** The store is sound, nothing was amiss, and every byte of every file is accounted for. */
export async function assertSound(store: TranscriptStore): Promise<void> {
  for await (const flaw of store.verify()) assert.fail(`${flaw.code}: ${flaw.what}`);
  assert.deepEqual(await store.diagnostics(), []);
  for (const { event } of await storedEvents(store)) assert.equal(eventFlaw(event), undefined);
  for (const { id, path, checkpoint } of await store.sources()) {
    assert.deepEqual(await store.quarantined(id), [], path);
    assert.ok(existsSync(path), path);
    assert.equal(checkpoint.endBytes, statSync(path).size, path);
  }
}
