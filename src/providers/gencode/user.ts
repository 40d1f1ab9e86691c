/** Messages of role `user`: a person's words, what the harness attaches to them or sends in their place, and results. */
import { stringAt, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { type Block, takeImage, withAttachments } from './content.ts';
import { draftOf, type Envelope, joinTold, NOTHING, nameOf, rawOf, type Told } from './envelope.ts';
import { decodeResult } from './result.ts';
import type { SpecialCall } from './state.ts';
import { type Heard, hearMarked, hearPlain, hearWhole } from './wrappers.ts';

interface UserMemory {
  /** True where nobody types: in a sub-agent, and on a side chain. */
  readonly isSubagent: boolean;
  readonly calls: readonly SpecialCall[];
}

export function decodeUser(envelope: Envelope, blocks: readonly Block[], memory: UserMemory): Told {
  const others = joinTold(blocks.map((block, index) => decodeOther(envelope, block, index, memory)));
  const spoken = spokenDrafts(envelope, blocks, memory.isSubagent);
  const drafts = [...spoken, ...others.drafts];
  return drafts.length > 0 ? { ...others, drafts } : rawOf(envelope, 'message.appended:empty', 'empty');
}

/** Blocks that are neither words nor images. */
function decodeOther(envelope: Envelope, block: Block, index: number, { calls }: UserMemory): Told {
  const type = nameOf(textAt(block, 'type'));
  if (type === 'text' || takeImage(block)) return NOTHING;
  if (type === 'tool_result') return decodeResult(envelope, calls, block, index);
  return rawOf(envelope, `user:${type}`, `block:${index}`, 'unknown-block');
}

function spokenDrafts(envelope: Envelope, blocks: readonly Block[], isSubagent: boolean): readonly Draft[] {
  const heard = joinWords(blocks.flatMap((block) => hearBlock(block)));
  const hasResults = blocks.some((block) => textAt(block, 'type') === 'tool_result');
  const drafts = numbered(heard.map((one) => spokenDraft(envelope, one, { isSubagent, hasResults })));
  const images = blocks.flatMap((block) => takeImage(block) ?? []);
  const index = drafts.findIndex(({ kind }) => kind === 'user.message');
  const owner = drafts[index];
  if (owner) return drafts.with(index, withAttachments(owner, images));
  if (images.length === 0) return drafts;
  const origin = isSubagent ? 'subagent' : 'typed';
  return [...drafts, withAttachments(draftOf(envelope, 'user.message', 'text:0', { text: '' }, { origin }), images)];
}

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
function joinWords(heard: readonly Heard[]): readonly Heard[] {
  const joined = heard.flatMap((one) => (one.kind === 'words' ? one.text : [])).join('');
  const words = heard.some(({ kind }) => kind === 'context') ? joined.replace(/\n+$/, '') : joined;
  const first = heard.findIndex(({ kind }) => kind === 'words');
  return heard.flatMap((one, index): readonly Heard[] => {
    if (one.kind !== 'words') return [one];
    return index === first && words.trim() !== '' ? [{ kind: 'words', text: words }] : [];
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
