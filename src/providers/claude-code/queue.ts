/**
 * Prompts typed while the agent was busy.
 *
 * From 2.1.92 on a queued prompt reaches the transcript as an attachment (`queued_command`) or a `user` record, and the
 * queue's own records only repeat it. Before, a prompt that was absorbed in mid-turn stands nowhere but in its
 * `enqueue` record; one that was delivered after the turn stands there and in a `user` record. So in old versions the
 * `enqueue` record is the message, and a `user` record with the same words that is then delivered from the queue has
 * the same identity: two carriers of one thing.
 */
import { field, stringAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { lastOf, textHash } from '../shared/text.ts';
import { draftOf, type Envelope } from './envelope.ts';
import type { ClaudeState } from './state.ts';
import { hear } from './wrappers.ts';

const FIRST_WITH_ATTACHMENTS = [2, 1, 92] as const;
const QUEUE_MEMORY = 32;

export function decodeQueueOperation(state: ClaudeState, envelope: Envelope): { drafts: Draft[]; state: ClaudeState } {
  const operation = textAt(envelope.value, 'operation') ?? 'unknown';
  const text = textOf(field(envelope.value, 'content'));
  if (operation === 'enqueue' && text !== undefined && isSoleCarrier(state.version))
    return enqueue(state, envelope, text);
  const info = draftOf(
    envelope,
    'provider.info',
    'queue',
    { text: text ?? '', subtype: `queue.${operation}` },
    { origin: 'injected' },
  );
  return { drafts: [info], state: operation === 'popAll' ? { ...state, queue: [] } : state };
}

function enqueue(state: ClaudeState, envelope: Envelope, text: string) {
  const voice = hear(text);
  if (voice.kind !== 'person') {
    const info = draftOf(
      envelope,
      'provider.info',
      'queue',
      { text, subtype: 'queue.enqueue' },
      { origin: 'injected' },
    );
    return { drafts: [info], state };
  }
  const hash = textHash(voice.text.trim());
  const record = `queue:${stringAt(envelope.value, 'timestamp') ?? ''}:${hash}`;
  const draft = draftOf(envelope, 'user.message', 'text:0', { text: voice.text }, { origin: 'typed', record });
  return { drafts: [draft], state: { ...state, queue: lastOf([...state.queue, { record, hash }], QUEUE_MEMORY) } };
}

/** The queued prompt that a `user` record with these words delivers, taken off the queue. */
export function deliverQueued(
  state: ClaudeState,
  hash: string,
): { readonly record?: string; readonly state: ClaudeState } {
  const found = state.queue.find((queued) => queued.hash === hash);
  if (!found) return { state };
  return { record: found.record, state: { ...state, queue: state.queue.filter((queued) => queued !== found) } };
}

/** Whether, in this version, nothing but the queue carries an absorbed prompt. An unknown version is the first record. */
function isSoleCarrier(version: string | null): boolean {
  if (version === null) return false;
  const parts = version.split('.').map(Number);
  for (const [index, wanted] of FIRST_WITH_ATTACHMENTS.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part < wanted;
  }
  return false;
}

function textOf(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return undefined;
  return content.map((block) => stringAt(block, 'text') ?? '').join('\n');
}
