/** Messages of role `user`: a person's words, what the harness attaches to them or sends in their place, and results. */
import { stringAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import type { TakenAttachment } from '../shared/attachment.ts';
import { type Block, takeImage, withAttachments } from './content.ts';
import { draftOf, type Envelope, NOTHING, nameOf, rawOf, type Told } from './envelope.ts';
import { decodeResult } from './result.ts';
import type { SpecialCall } from './state.ts';
import { type Heard, hearMarked, hearPlain, hearWhole } from './wrappers.ts';

interface UserMemory {
  /** True where nobody types: in a sub-agent, and on a side chain. */
  readonly isSubagent: boolean;
  readonly calls: readonly SpecialCall[];
}

/** A block's place in the message, and what it gave. */
interface Placed {
  readonly index: number;
  readonly drafts: readonly Draft[];
}

export function decodeUser(envelope: Envelope, blocks: readonly Block[], memory: UserMemory): Told {
  const others = blocks.map((block, index) => ({ index, ...decodeOther(envelope, block, index, memory) }));
  const placed: readonly Placed[] = [...others, ...spokenDrafts(envelope, blocks, memory.isSubagent)];
  const drafts = placed.toSorted((a, b) => a.index - b.index).flatMap((one) => one.drafts);
  if (drafts.length === 0) return rawOf(envelope, 'message.appended:empty', 'empty');
  return { drafts, diagnostics: others.flatMap(({ diagnostics }) => diagnostics) };
}

/** Blocks that are neither words nor images. */
function decodeOther(envelope: Envelope, block: Block, index: number, { calls }: UserMemory): Told {
  const type = nameOf(textAt(block, 'type'));
  if (type === 'text' || takeImage(block)) return NOTHING;
  if (type === 'tool_result') return decodeResult(envelope, calls, block, index);
  return rawOf(envelope, `user:${type}`, `block:${index}`, 'unknown-block');
}

function spokenDrafts(envelope: Envelope, blocks: readonly Block[], isSubagent: boolean): readonly Placed[] {
  const heard = joinWords(blocks.flatMap((block, index) => hearBlock(block).map((one) => ({ ...one, index }))));
  const hasResults = blocks.some((block) => textAt(block, 'type') === 'tool_result');
  const drafts = withImages(
    envelope,
    numbered(heard.map((one) => spokenDraft(envelope, one, { isSubagent, hasResults }))),
    blocks.flatMap((block) => takeImage(block) ?? []),
    isSubagent,
  );
  return drafts.map((draft, place) => ({ index: heard[place]?.index ?? blocks.length, drafts: [draft] }));
}

/** Images belong to the words that they were sent with; without words they are a message of their own. */
function withImages(
  envelope: Envelope,
  drafts: readonly Draft[],
  images: readonly TakenAttachment[],
  isSubagent: boolean,
): readonly Draft[] {
  const index = drafts.findIndex(({ kind }) => kind === 'user.message');
  const owner = drafts[index];
  if (owner) return drafts.with(index, withAttachments(owner, images));
  if (images.length === 0) return drafts;
  const origin = isSubagent ? 'subagent' : 'typed';
  return [...drafts, withAttachments(draftOf(envelope, 'user.message', 'text:0', { text: '' }, { origin }), images)];
}

type PlacedHeard = Heard & { readonly index: number };

function hearBlock(block: Block): readonly Heard[] {
  const text = stringAt(block, 'text') ?? '';
  if (textAt(block, 'type') !== 'text' || text === '') return [];
  const source = textAt(block, 'source');
  return source === undefined ? hearPlain(text) : hearMarked(source, text);
}

/**
 * The agent cuts a prompt where it marks a span, or an image stands: words are one text again, at the place of the first.
 * Blank lines before an attached reminder were not typed.
 */
function joinWords(heard: readonly PlacedHeard[]): readonly PlacedHeard[] {
  const joined = heard.flatMap((one) => (one.kind === 'words' ? one.text : [])).join('');
  const text = heard.some(({ kind }) => kind === 'context') ? joined.replace(/\n+$/, '') : joined;
  const first = heard.findIndex(({ kind }) => kind === 'words');
  return heard.flatMap((one, at): readonly PlacedHeard[] => {
    if (one.kind !== 'words') return [one];
    return at === first && text.trim() !== '' ? [{ ...one, text }] : [];
  });
}

function spokenDraft(
  envelope: Envelope,
  heard: Heard,
  { isSubagent, hasResults }: { readonly isSubagent: boolean; readonly hasResults: boolean },
): Draft {
  const { text } = heard;
  if (heard.kind === 'command') return draftOf(envelope, 'user.message', 'command', { text }, { origin: 'command' });
  // No person types beside a tool's result.
  const whole = hasResults ? ({ subtype: 'result', origin: 'injected' } as const) : hearWhole(text);
  const told = heard.kind === 'context' ? heard : whole;
  if (!told) return draftOf(envelope, 'user.message', 'text', { text }, { origin: isSubagent ? 'subagent' : 'typed' });
  const payload = { text, subtype: told.subtype };
  return draftOf(envelope, 'system.message', 'context', payload, { origin: told.origin });
}

/** Parts of one name are numbered in their order. */
function numbered(drafts: readonly Draft[]): readonly Draft[] {
  const counts = new Map<string, number>();
  return drafts.map((draft) => {
    const count = counts.get(draft.part) ?? 0;
    counts.set(draft.part, count + 1);
    return { ...draft, part: `${draft.part}:${count}` };
  });
}
