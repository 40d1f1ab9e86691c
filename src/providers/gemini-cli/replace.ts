/**
 * `$set.messages`: the whole list, new.
 *
 * Written when a process begins or goes on with a session, when an answer was broken off, after a rewind, after a
 * compaction, and after history was written again. Nearly all of it is known by its ids and makes no events, in whichever
 * shape it is written now. What is new in it is the summary of a compaction, and copies under new ids.
 */
import type { Diagnostic } from '../../core/diagnostic.ts';
import { field, textAt } from '../../core/json.ts';
import type { Decoded, Draft } from '../provider.ts';
import { isStandIn } from './assistant.ts';
import { hashMessage, partsOf, wordsOf } from './content.ts';
import { hasContext } from './copies.ts';
import { findEntry, putEntry, recordsOf, replaceLive, traceCopy } from './live.ts';
import { copy, isGone, type Message, written, writtenAgain } from './message.ts';
import type { Entry, GeminiState } from './state.ts';
import { isSnapshot } from './wrappers.ts';

/** What the list as a whole says about its unknown messages. */
interface List {
  readonly before: GeminiState;
  readonly session: string;
  /** The place of a compaction's summary; -1 for none. */
  readonly summaryAt: number;
}

export function replaceMessages(
  before: GeminiState,
  messages: readonly Message[],
  session: string,
): Decoded<GeminiState> {
  const summaryAt = messages.findIndex((message) => isNew(before, message) && isSummary(message));
  const list = { before, session, summaryAt };
  const drafts: Draft[] = [];
  const diagnostics: Diagnostic[] = [];
  const listed: Entry[] = [];
  const back: Entry[] = [];
  let state = before;
  let after = '';
  for (const [index, message] of messages.entries()) {
    const known = findEntry(before, textAt(message, 'id') ?? '');
    const taken = known ? takeKnown(list, state, message, known) : takeNew(list, state, message, index, after);
    drafts.push(...taken.drafts);
    diagnostics.push(...taken.diagnostics);
    state = taken.state;
    after = (known ? known.id : taken.last) ?? after;
    const entry = findEntry(state, textAt(message, 'id') ?? '') ?? known;
    if (entry) listed.push(entry);
    if (known && isGone(before, known)) back.push(known);
  }
  const outcome = isOpening(before, messages) ? { state } : settle(list, state, listed);
  const restored = back.length > 0 ? [{ session, records: recordsOf(back, session) }] : [];
  return { drafts, diagnostics, restored, ...outcome };
}

/** A process begins with a list of nothing but the session's context; it takes back nothing by that. */
function isOpening({ starting }: GeminiState, messages: readonly Message[]): boolean {
  return starting && messages.every(hasContext);
}

/** A compaction shortens what the model gets to see; what was said before it is not taken back. */
function settle({ before, session, summaryAt }: List, state: GeminiState, listed: readonly Entry[]) {
  const replaced = replaceLive({ ...state, live: before.live }, listed);
  if (summaryAt >= 0) return { state: { ...replaced.state, gone: state.gone } };
  const { dropped } = replaced;
  return {
    state: replaced.state,
    ...(dropped.length > 0 && { retractions: [{ session, records: recordsOf(dropped, session) }] }),
  };
}

function isNew(state: GeminiState, message: Message): boolean {
  return findEntry(state, textAt(message, 'id') ?? '') === undefined;
}

function isSummary(message: Message): boolean {
  return textAt(message, 'type') === 'user' && isSnapshot(wordsOf(partsOf(field(message, 'content'))));
}

interface Taken extends Decoded<GeminiState> {
  readonly last?: string | undefined;
}

/** Known by its id: the list's own time and shape of it add nothing, unless it says something else now. */
function takeKnown({ session }: List, state: GeminiState, message: Message, known: Entry): Taken {
  if (known.hash === hashMessage(message)) return { drafts: [], diagnostics: [], state };
  return writtenAgain(state, message, session, known);
}

function takeNew(list: List, state: GeminiState, message: Message, index: number, after: string): Taken {
  const { before, session, summaryAt } = list;
  const id = textAt(message, 'id');
  // Without a summary nothing on a list is new: what is not remembered, where something was forgotten, is that.
  if (before.forgotten > 0 && summaryAt < 0 && id !== undefined) {
    const entry = { id, hash: hashMessage(message), as: 'talk' } as const;
    return { drafts: [], diagnostics: [], state: putEntry(state, entry) };
  }
  if (isStandIn(message)) return written(state, message, session);
  const pieces = traceCopy(before.live, message, after);
  const isCopy = pieces.every(({ of }) => of !== undefined) || (summaryAt >= 0 && index > summaryAt);
  return isCopy ? copy(state, message, session, pieces) : written(state, message, session);
}
