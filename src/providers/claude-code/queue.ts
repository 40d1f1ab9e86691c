/**
 * Prompts typed while the agent was busy.
 *
 *     enqueue {content}   typed, and waiting
 *     dequeue             the first one leaves: it follows as a `user` record
 *     remove              the first one was taken in at a tool's result; since 2.1.205 with its words
 *     popAll {content}    all were pulled back into the editor
 *
 * From 2.1.92 on a prompt that is taken in reaches the transcript as an attachment (`queued_command`), and the queue's
 * own records only repeat it. Before, it stands nowhere but in its `enqueue` record (2.1.17, 2.1.36), so there that
 * record is the message. One that leaves by `dequeue` has two carriers, which are one event: the record that it follows
 * as takes the identity of the queue's. Which one it is, the queue's order tells; the words only confirm it.
 */
import { field, stringAt, textAt } from '../../core/json.ts';
import type { Decoded, Draft } from '../provider.ts';
import { lastOf, textHash } from '../shared/text.ts';
import { contentBlocks, joinedText } from './blocks.ts';
import { draftOf, type Envelope, nameOf } from './envelope.ts';
import type { ClaudeState, QueuedPrompt } from './state.ts';
import { hear } from './wrappers.ts';

const QUEUE_MEMORY = 32;

export function decodeQueueOperation(state: ClaudeState, envelope: Envelope): Decoded<ClaudeState> {
  const operation = nameOf(textAt(envelope.value, 'operation'), 'unknown');
  const { queue } = state;
  const text = joinedText(field(envelope.value, 'content'));
  if (state.queueCarries) {
    switch (operation) {
      case 'enqueue':
        return enqueue(state, envelope);
      case 'dequeue': {
        const first = queue.find(({ isLeaving }) => !isLeaving);
        const leaving = queue.map((one) => (one === first ? { ...one, isLeaving: true } : one));
        return note({ ...state, queue: leaving }, envelope, operation, text);
      }
      case 'remove':
        return remove(state, envelope, text);
      case 'popAll': {
        const { session } = envelope;
        const taken = queue.flatMap(({ record }) => record ?? []);
        const retractions = taken.length > 0 ? [{ session, records: taken }] : [];
        return { ...note({ ...state, queue: [] }, envelope, operation, text), retractions };
      }
      default: // Another operation changes nothing that is known.
    }
  }
  return note(state, envelope, operation, text);
}

/** The queue's own record, where it is not the message. */
function note(state: ClaudeState, envelope: Envelope, operation: string, text: string): Decoded<ClaudeState> {
  const draft =
    text === ''
      ? draftOf(envelope, 'provider.raw', 'queue', { rawType: `queue-operation:${operation}` })
      : draftOf(envelope, 'provider.info', 'queue', { text, subtype: `queue.${operation}` }, { origin: 'injected' });
  return { drafts: [draft], diagnostics: [], state };
}

function enqueue(state: ClaudeState, envelope: Envelope): Decoded<ClaudeState> {
  const content = field(envelope.value, 'content');
  const words = personsWords(content);
  const hash = textHash(words.join('\n').trim());
  const record = words.length === 0 ? null : recordOf(state, envelope, hash);
  const waiting: QueuedPrompt = { record, hash, isLeaving: false };
  const grown = { ...state, queue: lastOf([...state.queue, waiting], QUEUE_MEMORY) };
  if (record === null) return note(grown, envelope, 'enqueue', joinedText(content));
  const origin = state.isScripted ? 'automated' : 'typed';
  const drafts = words.map(
    (text, index): Draft => draftOf(envelope, 'user.message', `text:${index}`, { text }, { origin, record }),
  );
  return { drafts, diagnostics: [], state: grown };
}

/** What a person typed; nothing when the harness speaks in any part of it. */
function personsWords(content: unknown): readonly string[] {
  const voices = (contentBlocks(content) ?? []).flatMap((block) => {
    const text = stringAt(block, 'text');
    return text === undefined ? [] : [hear(text)];
  });
  return voices.every(({ kind }) => kind === 'person') ? voices.flatMap((one) => ('text' in one ? one.text : [])) : [];
}

/** The queue gives its prompts no ids. Equal words at the same instant are still two prompts. */
function recordOf({ queue }: ClaudeState, { value }: Envelope, hash: string): string | null {
  const at = textAt(value, 'timestamp')?.slice(0, 40);
  if (at === undefined) return null;
  const base = `queue:${at}:${hash}`;
  const alike = queue.filter(({ record }) => record === base || record?.startsWith(`${base}:`)).length;
  return alike === 0 ? base : `${base}:${alike + 1}`;
}

/** Taken in at a tool's result. In the oldest versions this is the first record that says the words. */
function remove(state: ClaudeState, envelope: Envelope, text: string): Decoded<ClaudeState> {
  const hash = textHash(text.trim());
  const waiting = state.queue.filter(({ isLeaving }) => !isLeaving);
  const first = text === '' ? waiting[0] : waiting.find((one) => one.hash === hash);
  if (first === undefined && text !== '') {
    const silent = waiting.find(({ record }) => record === null);
    const said = enqueue(state, envelope);
    return { ...said, state: { ...state, queue: state.queue.filter((one) => one !== silent) } };
  }
  return note({ ...state, queue: state.queue.filter((one) => one !== first) }, envelope, 'remove', text);
}

/**
 * The queued prompt that a `user` record with these words delivers, taken off the queue. A record in other words (an
 * expanded command, a notification) delivers the first that is leaving, but is not the same.
 */
export function deliverQueued(
  state: ClaudeState,
  words: string,
): { readonly record?: string; readonly state: ClaudeState } {
  const leaving = state.queue.filter(({ isLeaving }) => isLeaving);
  if (leaving.length === 0) return { state };
  const hash = textHash(words.trim());
  const found = leaving.find((queued) => queued.record !== null && queued.hash === hash);
  const gone = found ?? leaving[0];
  const rest = { ...state, queue: state.queue.filter((queued) => queued !== gone) };
  return found?.record ? { record: found.record, state: rest } : { state: rest };
}
