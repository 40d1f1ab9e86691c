/** Compares what kato kept with a ledger. */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { eventFlaw } from '../../src/core/event.ts';
import type { StoredEvent, TranscriptStore } from '../../src/store/store.ts';
import { storedEvents } from '../support/derive.ts';
import type { Ledger } from './script.ts';

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
  const found = new Set(events.map(({ event }) => event.session.nativeId));
  assert.deepEqual([...found].sort(), [...ledger.sessions.keys()].sort());
}

/** The store is sound, nothing was amiss, and every byte of every file is accounted for. */
export async function assertSound(store: TranscriptStore): Promise<void> {
  for await (const flaw of store.verify()) assert.fail(`${flaw.code}: ${flaw.what}`);
  assert.deepEqual(await store.diagnostics(), []);
  for (const { event } of await storedEvents(store)) assert.equal(eventFlaw(event), undefined);
  for (const { id, path, checkpoint } of await store.sources()) {
    assert.deepEqual(await store.quarantined(id), [], path);
    assert.equal(checkpoint.endBytes, statSync(path).size, path);
  }
}
