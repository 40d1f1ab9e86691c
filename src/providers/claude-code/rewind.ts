/**
 * Rewinds: a person goes back to an earlier prompt and writes another one in its place. The new prompt has the parent of
 * the old one; what was said from the old one on stays in the file, taken back.
 *
 * Behind the new prompt stands `last-prompt {explicit: true}` without a prompt (2.1.329). It is needed to tell where the
 * very first prompt was replaced: no parent is no evidence, because several records begin a chain.
 */
import { field } from '../../core/json.ts';
import type { Decoded, Retraction } from '../provider.ts';
import { lastOf } from '../shared/text.ts';
import { draftOf, type Envelope } from './envelope.ts';
import { type ClaudeState, isRememberable, type PromptPlace, shortHash } from './state.ts';

const PROMPTS = 256;
const RESTART_RECORDS = 32;

/** Notes a prompt of the main conversation, and takes back what it replaces. */
export function notePrompt(
  state: ClaudeState,
  envelope: Envelope,
): { readonly state: ClaudeState; readonly retractions: readonly Retraction[] } {
  const { uuid, value, offset, session, isInline, isRepeated } = envelope;
  if (isInline || isRepeated || !isRememberable(uuid)) return { state, retractions: [] };
  const parentUuid = field(value, 'parentUuid');
  const parent = typeof parentUuid === 'string' ? shortHash(parentUuid) : null;
  const replaced = parent === null ? -1 : state.prompts.findIndex((prompt) => prompt.parent === parent);
  const from = state.prompts[replaced];
  const place: PromptPlace = { parent, offset };
  const kept = from ? state.prompts.slice(0, replaced) : state.prompts;
  const restart = parent === null && kept.some((prompt) => prompt.parent === null) ? [uuid] : [];
  return {
    state: { ...state, prompts: lastOf([...kept, place], PROMPTS), restart },
    retractions: from ? [{ session, fromOffset: from.offset }] : [],
  };
}

/** What follows a prompt that may have replaced the first one, up to the mark that says so. */
export function noteRestart(state: ClaudeState, { uuid, isInline }: Envelope): ClaudeState {
  const { restart } = state;
  if (restart.length === 0 || restart.length >= RESTART_RECORDS || isInline || !isRememberable(uuid)) return state;
  return { ...state, restart: [...restart, uuid] };
}

/** The mark behind a prompt that replaced another. */
export function decodeRewind(state: ClaudeState, envelope: Envelope): Decoded<ClaudeState> {
  const text = 'The conversation was rewound.';
  const drafts = [draftOf(envelope, 'provider.info', 'rewind', { text, subtype: 'rewind' })];
  const { session } = envelope;
  const { prompts, restart } = state;
  const first = prompts.findIndex(({ parent }) => parent === null);
  const [from, last] = [prompts[first], prompts.at(-1)];
  if (restart.length === 0 || !from || !last) return { drafts, diagnostics: [], state };
  return {
    drafts,
    diagnostics: [],
    retractions: [{ session, fromOffset: from.offset }],
    restored: [{ session, records: restart }], // The new prompt stands before this mark.
    state: { ...state, prompts: [...prompts.slice(0, first), last], restart: [] },
  };
}
