/**
 * Markdown, for people.
 *
 *     # User_2026-11-21_0317_02            a heading for each message whose speaker or displayed time is new
 *
 *     Add a retry queue to the uploader    text as it was written
 *
 *     # claude-opus-4-6_2026-11-21_0317_09
 *
 *     > *Thinking*                         blocks that belong to an answer stand under its heading
 *
 * Every part is followed by one blank line, or the end. Tool calls wait for their result and are shown where it arrived;
 * a call without one is shown when its turn is over. The state holds places, never text.
 */
import type { KatoEvent } from '../../core/event.ts';
import type { JsonObject } from '../../core/json.ts';
import { inline } from './blocks.ts';
import type { Format, FormatInput, FormatOptions, Formatted } from './format.ts';
import { frontMatter, frontMatterLists } from './front-matter.ts';
import { showsEvent } from './jsonl.ts';
import { callBlock, renderBody, type Surroundings, textDigest } from './markdown-body.ts';
import { headingTime } from './time.ts';

/**
 * A call without a result so far: its id, its seq, its turn, whether it was shown as one without a result, and whether
 * what it asked of a person was shown.
 */
interface PendingCall extends JsonObject {
  readonly id: string;
  readonly seq: number;
  readonly turn: string | null;
  readonly shown: boolean;
  readonly asked: boolean;
}

export interface MarkdownState extends JsonObject {
  /** True as soon as anything has been written. */
  readonly started: boolean;
  readonly speaker: string | null;
  /** The time that the last heading shows; empty when it shows none. */
  readonly time: string;
  readonly turn: string | null;
  readonly calls: readonly PendingCall[];
  /** Hashes of what was said as commentary in this turn: an equal final answer is not shown again. */
  readonly said: readonly string[];
}

const initial: MarkdownState = { started: false, speaker: null, time: '', turn: null, calls: [], said: [] };

export const markdownFormat: Format<MarkdownState> = {
  id: 'markdown',
  suffixes: ['.md', '.markdown'],
  initial,
  shows: showsEvent,
  needs,
  fold,
  owed: ({ calls }) => calls.filter(({ shown }) => !shown).map(({ seq }) => seq),
  finish(state, related, options) {
    const blocks = options.tools ? unanswered(state.calls, related) : [];
    return blocks.length === 0 ? '' : join(state.started, blocks);
  },
  head: frontMatter,
  headLists: frontMatterLists,
  resume: ({ started }) => ({ ...initial, started }),
  rejoin: (outer, { started }) => ({ ...outer, started, speaker: null, time: '' }),
  note: (state, text) => ({ text: join(state.started, [`*${inline(text)}*`]), state: { ...state, started: true } }),
};

function needs(state: MarkdownState, event: KatoEvent, options: FormatOptions): readonly number[] {
  const seqs = event.revises === undefined || !showsEvent(event, options) ? [] : [event.revises];
  if (!options.tools) return seqs;
  if (event.kind === 'assistant.tool.result') {
    seqs.push(...state.calls.filter(({ id }) => id === event.payload.toolCallId).map(({ seq }) => seq));
  }
  if (startsTurn(event) || isCompaction(event)) seqs.push(...overdue(state, event).map(({ seq }) => seq));
  return seqs;
}

function fold(state: MarkdownState, { event, related }: FormatInput, options: FormatOptions): Formatted<MarkdownState> {
  const blocks: string[] = [];
  let next = state;
  if (startsTurn(event) || isCompaction(event)) {
    if (options.tools) blocks.push(...unanswered(overdue(state, event), related));
    const late = new Set(overdue(state, event).map(({ id }) => id));
    const calls = state.calls.map((call) => (late.has(call.id) ? { ...call, shown: true } : call)).slice(-MOST_CALLS);
    next = { ...next, calls, turn: event.turnId ?? null, said: [] };
  }
  next = remember(next, event, options);
  if (showsEvent(event, options) && !isRepeatedAnswer(state, event)) {
    const isAsked = event.kind === 'assistant.tool.result' && isAsking(state, event.payload.toolCallId);
    const shown = show(next, event, { related, options, isAsked });
    blocks.push(...shown.blocks);
    next = shown.state;
  }
  if (blocks.length === 0) return { text: '', state: next };
  return { text: join(state.started, blocks), state: { ...next, started: true } };
}

const MOST_CALLS = 256;
const MOST_SAID = 32;

/** What later events must know of this one. */
function remember(state: MarkdownState, event: KatoEvent, { decisions }: FormatOptions): MarkdownState {
  if (event.kind === 'assistant.tool.call') {
    const { toolCallId: id } = event.payload;
    // A copy of a call may still get its result here; of itself it is never shown as one without.
    const isCopy = event.origin === 'replayed';
    if (isCopy && state.calls.some((other) => other.id === id)) return state;
    const call = { id, seq: event.seq, turn: event.turnId ?? state.turn, shown: isCopy, asked: false };
    return { ...state, calls: [...state.calls.filter((other) => other.id !== id), call].slice(-MOST_CALLS) };
  }
  if (event.kind === 'assistant.tool.result') {
    return { ...state, calls: state.calls.filter(({ id }) => id !== event.payload.toolCallId) };
  }
  if (event.kind === 'assistant.decision.prompt' && decisions) {
    const { decisionId } = event.payload;
    const calls = state.calls.map((call) => (decisionId.startsWith(`${call.id}:`) ? { ...call, asked: true } : call));
    return { ...state, calls };
  }
  if (event.kind === 'assistant.message' && event.payload.phase === 'commentary') {
    return { ...state, said: [...state.said, textDigest(event.payload.text)].slice(-MOST_SAID) };
  }
  return state;
}

function isAsking({ calls }: MarkdownState, toolCallId: string): boolean {
  return calls.some(({ id, asked }) => id === toolCallId && asked);
}

/** A final answer that repeats what was said before as commentary, in the same turn. */
function isRepeatedAnswer(state: MarkdownState, event: KatoEvent): boolean {
  const isFinal = event.kind === 'assistant.message' && event.payload.phase === 'final';
  return isFinal && state.said.includes(textDigest(event.payload.text));
}

function startsTurn(event: KatoEvent): boolean {
  return event.kind === 'user.message' && (event.origin === 'typed' || event.origin === 'automated');
}

/** What the agent had asked for before it never comes back. */
function isCompaction(event: KatoEvent): boolean {
  return event.kind === 'system.message' && event.payload.subtype === 'compaction';
}

/** Calls of earlier turns that have no result, and were not shown yet. */
function overdue({ calls }: MarkdownState, event: KatoEvent): readonly PendingCall[] {
  return calls.filter(({ turn, shown }) => !shown && (isCompaction(event) || turn !== (event.turnId ?? null)));
}

function unanswered(calls: readonly PendingCall[], related: ReadonlyMap<number, KatoEvent>): string[] {
  return calls.flatMap(({ seq, shown, asked }) => {
    const call = related.get(seq);
    return call?.kind === 'assistant.tool.call' && !shown ? [callBlock(call, undefined, asked), '*No result.*'] : [];
  });
}

function show(
  state: MarkdownState,
  event: KatoEvent,
  around: Surroundings,
): { readonly blocks: readonly string[]; readonly state: MarkdownState } {
  const { related, options } = around;
  const body = renderBody(event, around);
  if (body.length === 0) return { blocks: [], state };
  const heading = headingFor(state, event, related, options);
  const anchor = options.anchors ? [`<!-- kato:${event.id} -->`] : [];
  return {
    blocks: [...(heading ? [heading.line] : []), ...anchor, ...body],
    state: heading ? { ...state, speaker: heading.speaker, time: heading.time } : state,
  };
}

interface Heading {
  readonly line: string;
  readonly speaker: string;
  readonly time: string;
}

const USER = 'User';
const PARENT = 'Parent agent';

/** The heading that an event needs, if the last one does not serve. */
function headingFor(
  state: MarkdownState,
  event: KatoEvent,
  related: ReadonlyMap<number, KatoEvent>,
  options: FormatOptions,
): Heading | undefined {
  const side = sideOf(event);
  if (side === 'none') return undefined;
  const isMessage =
    event.kind === 'user.message' || event.kind === 'assistant.message' || event.kind === 'user.decision.response';
  const current = state.speaker === null ? 'none' : [USER, PARENT].includes(state.speaker) ? 'user' : 'assistant';
  if (!isMessage && current === side) return undefined;
  const model = event.model ?? [...related.values()].find((other) => other.model !== undefined)?.model;
  const speaker =
    side === 'user'
      ? speakerOf(event)
      : (model ?? (isMessage || current !== side ? 'Assistant' : (state.speaker ?? 'Assistant')));
  const known = event.at ?? event.observedAt;
  const time = known === undefined ? '' : headingTime(known, options.headingTime, options.timeZone);
  if (speaker === state.speaker && time === state.time) return undefined;
  const name = speaker.replace(/\s+/gu, ' ').trim();
  return { line: `# ${name}${time === '' ? '' : `_${time}`}`, speaker, time };
}

function sideOf({ kind }: KatoEvent): 'user' | 'assistant' | 'none' {
  if (kind.startsWith('user.')) return 'user';
  return kind.startsWith('assistant.') ? 'assistant' : 'none';
}

function speakerOf(event: KatoEvent): string {
  return event.origin === 'subagent' ? PARENT : USER;
}

/** Blocks with a blank line between them, and before them where something stands already. */
function join(started: boolean, blocks: readonly string[]): string {
  const lines = blocks.map((block) => (block.endsWith('\n') ? block : `${block}\n`));
  return (started ? '\n' : '') + lines.join('\n');
}
