/**
 * Rewinds: a person goes back to an earlier prompt and writes another one in its place. The new prompt has the parent of
 * the old one; what was said from the old one on stays in the file, taken back.
 *
 * A parent alone proves nothing: another terminal that resumed the same session writes its first prompt behind the same
 * record (`strands.ts`). Versions that mark their prompts also mark a rewind: `last-prompt {explicit: true}` without a
 * prompt, right behind the new one (2.1.329). There, only the mark takes something back. In older versions the parent
 * must do, but for the first prompt, since several records without a parent may begin a chain.
 *
 * In doubt nothing is taken back: where two prompts with that parent stand already, and where another terminal has
 * written since the prompt that was replaced.
 */
import { field } from '../../core/json.ts';
import type { Decoded, Retraction } from '../provider.ts';
import { lastOf } from '../shared/text.ts';
import { draftOf, type Envelope } from './envelope.ts';
import { marksPrompts } from './speech.ts';
import { type ClaudeState, isRememberable, type PromptPlace, shortHash } from './state.ts';
import { upTo } from './strands.ts';

const PROMPTS = 256;

/** Notes a prompt of the main conversation, and takes back what it certainly replaces. */
export function notePrompt(
  before: ClaudeState,
  envelope: Envelope,
): { readonly state: ClaudeState; readonly retractions: readonly Retraction[] } {
  const { uuid, value, offset, session, isInline, isRepeated } = envelope;
  if (isInline || isRepeated || !isRememberable(uuid)) return { state: before, retractions: [] };
  const parentUuid = field(value, 'parentUuid');
  const place: PromptPlace = { parent: typeof parentUuid === 'string' ? shortHash(parentUuid) : null, offset };
  const state = { ...before, prompts: lastOf([...before.prompts, place], PROMPTS), replacement: null };
  const alike = before.prompts.filter(({ parent }) => parent === place.parent);
  const [first] = alike;
  if (first === undefined) return { state, retractions: [] };
  const { switchedAt } = before;
  const fromOffset = alike.length === 1 && switchedAt <= first.offset ? first.offset : null;
  const replacement = { fromOffset, records: [], switchedAt };
  // Until the mark tells, the prompt counts as another terminal's.
  const open = { ...state, replacement, switchedAt: offset };
  const awaitsMark = place.parent === null || marksPrompts(before, value);
  if (awaitsMark || fromOffset === null) return { state: open, retractions: [] };
  const { strands } = state;
  const strand = { latest: upTo(strands, parentUuid), turn: state.turn };
  return {
    state: { ...state, prompts: replaced(state.prompts, fromOffset), strands: [...strands.slice(0, -1), strand] },
    retractions: [{ session, fromOffset }],
  };
}

/** The prompts that stand once the last of them has replaced those from an offset on. */
function replaced(prompts: readonly PromptPlace[], fromOffset: number): readonly PromptPlace[] {
  return [...prompts.filter(({ offset }) => offset < fromOffset), ...prompts.slice(-1)];
}

/** The mark behind a prompt that replaced another. */
export function decodeRewind(before: ClaudeState, envelope: Envelope): Decoded<ClaudeState> {
  const text = 'The conversation was rewound.';
  const drafts = [draftOf(envelope, 'provider.info', 'rewind', { text, subtype: 'rewind' })];
  const { session } = envelope;
  const { fromOffset = null, records = [], switchedAt = -1 } = before.replacement ?? {};
  const state = { ...before, replacement: null };
  if (fromOffset === null) return { drafts, diagnostics: [], state };
  return {
    drafts,
    diagnostics: [],
    retractions: [{ session, fromOffset }],
    restored: [{ session, records }], // The new prompt stands before this mark.
    state: {
      ...state,
      switchedAt,
      prompts: replaced(state.prompts, fromOffset),
      strands: state.strands.toSpliced(-2, 1),
    },
  };
}
