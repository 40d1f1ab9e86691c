/** What stands in the user's role: people's words, what editors and the harness put around them, and `!` commands. */
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { Attachment, Origin } from '../../core/event.ts';
import { field, listAt, stringAt, textAt } from '../../core/json.ts';
import type { BlobContent, Draft } from '../provider.ts';
import { type TakenAttachment, takeDataUrl } from '../shared/attachment.ts';
import { lastOf } from '../shared/text.ts';
import { closeCarriers, openCarrier, pairCarrier } from './carriers.ts';
import { imageName, isImageLabel } from './image-labels.ts';
import { draftOf, type Line, raw, type Told, told } from './line.ts';
import { tellCommands } from './shell.ts';
import type { CodexState, Side } from './state.ts';
import { hear, markOf, type Voice } from './wrappers.ts';

const PROMPTS = 512;

/** Who is behind a prompt. Sub-agents come first: their prompts are marked like a person's. */
function promptOrigin({ isSubagent, trigger, isAutomated }: CodexState): Origin {
  if (isSubagent) return 'subagent';
  const isScript = trigger === null ? isAutomated : trigger === 'other';
  return isScript ? 'automated' : 'typed';
}

interface Block {
  readonly index: number;
  readonly text: string;
  readonly voice: Voice;
}

/** A message with the role `user`, block by block. */
export function decodeUserItem(before: CodexState, line: Line): Told {
  const content = field(line.payload, 'content');
  const list =
    typeof content === 'string' ? [{ type: 'input_text', text: content }] : Array.isArray(content) ? content : [];
  const blocks: Block[] = [];
  const others: Draft[] = [];
  const diagnostics: Diagnostic[] = [];
  const attached: TakenAttachment[] = [];
  for (const [index, block] of list.entries()) {
    const type = textAt(block, 'type') ?? 'block';
    if (TEXT_BLOCKS.has(type)) {
      const text = stringAt(block, 'text') ?? '';
      if (text !== '' && !isImageLabel(list, index))
        blocks.push({ index, text, voice: hear(text, markOf(line.payload, index)) });
      continue;
    }
    const taken = takeDataUrl(field(block, 'image_url') ?? field(block, 'audio_url'), imageName(list, index));
    if (taken) attached.push(taken);
    else others.push(blockDraft(line, block, type, index));
    if (!taken && !MEDIA_BLOCKS.has(type)) diagnostics.push({ code: 'unknown-block', about: `user:${type}` });
  }
  if (blocks.length + attached.length === 0 && others.length > 0) return { ...told(before, ...others), diagnostics };
  const spoken = speak(before, line, 'item', blocks, attached);
  return { ...spoken, drafts: [...spoken.drafts, ...others], diagnostics };
}

const TEXT_BLOCKS: ReadonlySet<string> = new Set(['input_text', 'text', 'output_text']);
const MEDIA_BLOCKS: ReadonlySet<string> = new Set(['input_image', 'input_audio', 'image', 'local_image']);

/** A block that is no text and has no content of its own: where it lies, or just that it was there. */
function blockDraft(line: Line, block: unknown, type: string, index: number): Draft {
  const place = textAt(block, 'image_url') ?? textAt(block, 'file_id') ?? textAt(block, 'path');
  if (place === undefined) return draftOf(line, 'provider.raw', `block:${index}`, { rawType: `user:${type}` });
  return injected(line, `block:${index}`, place, type);
}

/** `user_message`, as the interface showed it. */
export function decodeUserEvent(state: CodexState, line: Line): Told {
  const text = stringAt(line.payload, 'message') ?? '';
  const attached = listAt(line.payload, 'images').flatMap((url) => takeDataUrl(url) ?? []);
  return decodeShown(state, line, text, attached);
}

/** A `UserMessage` item: its texts are one message. */
export function decodeUserMessage(state: CodexState, line: Line, item: unknown): Told {
  const content = listAt(item, 'content');
  const text = content.map((part) => (textAt(part, 'type') === 'text' ? (stringAt(part, 'text') ?? '') : '')).join('');
  const attached = content.flatMap((part) => takeDataUrl(field(part, 'image_url')) ?? []);
  return decodeShown(state, { ...line, record: textAt(item, 'id') }, text, attached);
}

function decodeShown(state: CodexState, line: Line, text: string, attached: readonly TakenAttachment[]): Told {
  const paired = pairCarrier(state, { side: 'event', kind: 'prompt', text });
  if (paired) return raw(paired, line);
  // The line just before was this prompt as the model saw it, whatever it made of the words.
  if (line.fresh !== null) return raw(closeFresh(state, line.fresh), line);
  const blocks = text === '' ? [] : [{ index: 0, text, voice: hear(text, {}, true) }];
  return speak(state, line, 'event', blocks, attached);
}

function closeFresh(state: CodexState, hash: string): CodexState {
  const index = state.open.findLastIndex((carrier) => carrier.kind === 'prompt' && carrier.hash === hash);
  return index < 0 ? state : { ...state, open: state.open.toSpliced(index, 1) };
}

/** Tells the blocks of a user's message, unless the other stream has told the person's part of it. */
function speak(
  before: CodexState,
  line: Line,
  side: Side,
  blocks: readonly Block[],
  attached: readonly TakenAttachment[],
): Told {
  const words = blocks.filter(({ voice }) => voice.kind === 'person');
  const isPrompt = words.length > 0 || attached.length > 0;
  const whole = words.map(({ text }) => text).join('');
  const paired = isPrompt ? pairCarrier(before, { side, kind: 'prompt', text: whole }) : undefined;
  const state = paired ?? (isPrompt ? startPrompt(before, line, side, whole) : before);
  const images = newImages(state, side, attached);
  const shell = tellCommands(images.state, line, side, blocks);
  const person = paired ? [] : words.flatMap((block) => wordDrafts(state, line, block));
  const drafts = [
    ...withAttachments(person, images.attached, state, line),
    ...(side === 'item' ? blocks.flatMap((block) => injectedDraft(line, block)) : []),
    ...shell.drafts,
  ];
  if (drafts.length === 0) return raw(shell.state, line);
  return told(shell.state, ...drafts.toSorted((a, b) => place(a) - place(b)));
}

/** Attachments that the other stream has not brought. */
function newImages(
  before: CodexState,
  side: Side,
  all: readonly TakenAttachment[],
): { readonly state: CodexState; readonly attached: readonly TakenAttachment[] } {
  let state = before;
  const attached: TakenAttachment[] = [];
  for (const taken of all) {
    const paired = pairCarrier(state, { side, kind: 'image', text: taken.blob.sha256 });
    state = paired ?? openCarrier(state, { side, kind: 'image', text: taken.blob.sha256 });
    if (!paired) attached.push(taken);
  }
  return { state, attached };
}

/** The index of the block that a part's name ends in: source order of blocks is kept. */
function place({ part }: Draft): number {
  return Number(/:(\d+)/.exec(part)?.[1] ?? -1);
}

function startPrompt(before: CodexState, line: Line, side: Side, text: string): CodexState {
  const isFirst = before.turnOffset !== null && !before.prompts.some((offset) => offset >= (before.turnOffset ?? 0));
  const begins = isFirst ? (before.turnOffset ?? line.offset) : line.offset;
  const closed = closeCarriers(before, 'answer', 'thought', 'plan', 'search', 'image');
  const opened = openCarrier(closed, { side, kind: 'prompt', text });
  const fresh = side === 'item' ? (opened.open.at(-1)?.hash ?? null) : null;
  const hasSpoken = before.turnOffset !== null && before.hasSpoken;
  return { ...opened, fresh, hasSpoken, prompts: lastOf([...before.prompts, begins], PROMPTS) };
}

function wordDrafts(state: CodexState, line: Line, { index, voice }: Block): Draft[] {
  if (voice.kind !== 'person') return [];
  const { text, context } = voice;
  const drafts: Draft[] = [];
  if (context !== undefined) drafts.push(injected(line, `context:${index}`, context, 'ide-context'));
  if (text === '' && context !== undefined) return drafts;
  return [...drafts, draftOf(line, 'user.message', `text:${index}`, { text }, { origin: promptOrigin(state) })];
}

function injected(line: Line, part: string, text: string, subtype: string): Draft {
  return draftOf(line, 'system.message', part, { text, subtype }, { origin: 'injected' });
}

function injectedDraft(line: Line, { index, text, voice }: Block): Draft[] {
  return voice.kind === 'injected' ? [injected(line, `text:${index}`, text, voice.subtype)] : [];
}

/** Attachments belong to the words that they were sent with; without words they are a message of their own. */
function withAttachments(
  drafts: readonly Draft[],
  attached: readonly TakenAttachment[],
  state: CodexState,
  line: Line,
): readonly Draft[] {
  if (attached.length === 0) return drafts;
  const attachments: Attachment[] = attached.map(({ attachment }) => attachment);
  const blobs: BlobContent[] = attached.map(({ blob }) => blob);
  const index = drafts.findIndex(({ kind }) => kind === 'user.message');
  const message = drafts[index];
  if (message?.kind !== 'user.message') {
    const more = { origin: promptOrigin(state), blobs };
    return [...drafts, draftOf(line, 'user.message', 'attachments', { text: '', attachments }, more)];
  }
  return drafts.toSpliced(index, 1, { ...message, payload: { ...message.payload, attachments }, blobs });
}
