/**
 * What each text of a `user` record is, and who stands behind it.
 *
 * Marks of the record decide first (`isCompactSummary`, `isMeta`, `origin`, `promptSource`), then how the text begins.
 * A version that marks every prompt (seen in 2.1.329) leaves nothing to the text: what has no mark there is no person's.
 */
import type { Origin } from '../../core/event.ts';
import { booleanAt, field, stringAt, textAt } from '../../core/json.ts';
import { textHash } from '../shared/text.ts';
import { splitAcceptedPlan } from './accepted-plan.ts';
import type { Context } from './context.ts';
import { type Envelope, nameOf } from './envelope.ts';
import type { ClaudeState } from './state.ts';
import { hear, type Voice } from './wrappers.ts';

export type Speech =
  /** Words of a person, a script or a parent agent, or a command, with the context around them. */
  | { readonly as: 'message'; readonly text: string; readonly origin: Origin; readonly context: readonly Context[] }
  /** Text of the harness. */
  | { readonly as: 'context'; readonly text: string; readonly subtype: string; readonly origin: Origin }
  /** A plan that was accepted, and what the person added. */
  | { readonly as: 'plan'; readonly plan: string; readonly words: string | undefined; readonly origin: Origin }
  | { readonly as: 'interrupted'; readonly text: string };

interface Circumstances {
  readonly state: ClaudeState;
  readonly envelope: Envelope;
  /** True for a text in a record that holds a tool's result: a comment on a call that was allowed. */
  readonly isBesideResult: boolean;
}

export function judge(text: string, { state, envelope, isBesideResult }: Circumstances): Speech {
  const { value, isSubagent } = envelope;
  const flag = flagged(value);
  const voice = hear(text, isMarkedAsPerson(value) && flag === undefined);
  if (voice.kind === 'interrupted') return { as: 'interrupted', text: text.trim() };
  if (flag) return underFlag(text, voice, flag);
  if (field(value, 'planContent') !== undefined || (voice.kind === 'injected' && voice.subtype === 'accepted-plan')) {
    if (!isSubagent) return acceptedPlan(text, envelope);
  }
  if (isSubagent && isFirstPrompt(value) && !(voice.kind === 'injected' && voice.subtype === 'warmup')) {
    const context = voice.kind === 'person' ? voice.context : [];
    return {
      as: 'message',
      text: voice.kind === 'person' ? voice.text : text,
      origin: personOrigin(envelope),
      context,
    };
  }
  switch (voice.kind) {
    case 'injected':
      return { as: 'context', text, subtype: voice.subtype, origin: voice.origin };
    case 'command':
      return { as: 'message', text: voice.text, origin: 'command', context: voice.context };
    case 'person':
      if (!isBesideResult && isUnmarked(state, envelope)) {
        return { as: 'context', text, subtype: 'unmarked', origin: 'injected' };
      }
      return { as: 'message', text: voice.text, origin: personOrigin(envelope), context: voice.context };
  }
}

interface Flag {
  readonly subtype: string;
  readonly origin: Origin;
}

/** What marks of the record say about its text; absent when they leave it open. */
function flagged(value: unknown): Flag | undefined {
  if (booleanAt(value, 'isCompactSummary') === true) return { subtype: 'compact-summary', origin: 'summary' };
  if (booleanAt(value, 'isMeta') === true) return { subtype: 'meta', origin: 'injected' };
  const kind = textAt(field(value, 'origin'), 'kind');
  if (kind !== undefined && kind !== 'human') return { subtype: nameOf(kind, 'injected'), origin: 'injected' };
  const source = textAt(value, 'promptSource');
  if (source === 'system') return { subtype: 'system-prompt', origin: 'injected' };
  if (source !== undefined && kind === undefined && !KNOWN_SOURCES.has(source)) {
    return { subtype: nameOf(source, 'injected'), origin: 'injected' };
  }
  return undefined;
}

/** Sources of a prompt that somebody, or some script, wrote. A source that is not known is not taken for a person. */
const KNOWN_SOURCES: ReadonlySet<string> = new Set(['typed', 'queued', 'suggestion', 'sdk']);

/** Meta text is of many kinds; how it begins tells which. */
function underFlag(text: string, voice: Voice, flag: Flag): Speech {
  const better = flag.subtype === 'meta' && voice.kind === 'injected' ? voice : flag;
  return { as: 'context', text, subtype: better.subtype, origin: better.origin };
}

function acceptedPlan(text: string, envelope: Envelope): Speech {
  const { plan, words } = splitAcceptedPlan(text, field(envelope.value, 'planContent'));
  return { as: 'plan', plan, words, origin: personOrigin(envelope) };
}

function isMarkedAsPerson(value: unknown): boolean {
  const source = stringAt(value, 'promptSource');
  return textAt(field(value, 'origin'), 'kind') === 'human' || source === 'typed' || source === 'queued';
}

function isFirstPrompt(value: unknown): boolean {
  return (field(value, 'parentUuid') ?? null) === null;
}

/** Ways in that nobody sits at. */
function isScripted(entrypoint: string): boolean {
  return entrypoint.startsWith('sdk') || entrypoint === 'claude-code-github-action' || entrypoint === 'mcp';
}

/** Who is behind a prompt that no mark calls injected. */
export function personOrigin({ value, isSubagent }: Envelope): Origin {
  const source = stringAt(value, 'promptSource');
  if (isSubagent) return source === 'typed' || source === 'queued' ? 'typed' : 'subagent';
  if (textAt(field(value, 'origin'), 'kind') === 'human') return 'typed';
  const entrypoint = stringAt(value, 'entrypoint') ?? '';
  // The desktop and editor extensions use the SDK's way in for what a person typed there.
  if (entrypoint === 'claude-desktop' || entrypoint === 'claude-vscode') return 'typed';
  return source === 'sdk' || (source === undefined && isScripted(entrypoint)) ? 'automated' : 'typed';
}

/** Whether the version marks every prompt, and this record is not marked. */
function isUnmarked(state: ClaudeState, { value, isSubagent }: Envelope): boolean {
  return !isSubagent && !isMarked(value) && marksPrompts(state, value);
}

/** Whether the record's version was seen to mark its prompts. */
export function marksPrompts({ marking }: ClaudeState, value: unknown): boolean {
  return marking !== null && marking === versionHash(value);
}

function isMarked(value: unknown): boolean {
  return (
    textAt(value, 'promptSource') !== undefined ||
    textAt(field(value, 'origin'), 'kind') !== undefined ||
    textAt(value, 'turnOrigin') === 'human'
  );
}

function versionHash(value: unknown): string {
  return textHash(textAt(value, 'version') ?? '');
}

/** The state that knows whether this version marks its prompts. */
export function noteMarks(state: ClaudeState, { value }: Envelope): ClaudeState {
  if (textAt(value, 'promptSource') === undefined || textAt(value, 'turnOrigin') === undefined) return state;
  const marking = versionHash(value);
  return marking === state.marking ? state : { ...state, marking };
}
