/** Messages of type `user`: people's words, what the harness says in their role, and results of tools. */
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { Origin } from '../../core/event.ts';
import { field, textAt } from '../../core/json.ts';
import type { Draft } from '../provider.ts';
import { type Part, partName, partsOf, RAW_PARTS, takePart, wordsOf } from './content.ts';
import { draftOf, type Envelope, rawPart, type Told } from './envelope.ts';
import { decodeResponse } from './result.ts';
import { hear, isSlashCommand, REFERENCES } from './wrappers.ts';

/** Words, and what stands around them. `index` is the part of the content that it begins with. */
type Item = { readonly index: number; readonly text: string; readonly origin: Origin } & (
  | { readonly kind: 'words' }
  | { readonly kind: 'context'; readonly subtype: string }
);

interface UserMemory {
  /** True when the prompt of a sub-agent has been seen. */
  readonly prompted: boolean;
  /** Whether a tool call's result has been told. */
  readonly isTold: (callId: string) => boolean;
}

export function decodeUser(envelope: Envelope, memory: UserMemory): Told {
  const others = envelope.parts.map((part, index) => ({ index, ...decodeOther(envelope, part, index, memory) }));
  const spoken = itemDrafts(envelope, itemsOf(envelope, memory));
  const drafts = [...others, ...spoken].sort((a, b) => a.index - b.index).flatMap(({ drafts: one }) => one);
  const told = {
    drafts: withAttachments(envelope, drafts),
    diagnostics: others.flatMap(({ diagnostics }) => diagnostics),
    results: others.flatMap(({ results = [] }) => results),
  };
  return told.drafts.length > 0 || isCarrier(envelope) ? told : rawPart(envelope, 'empty', 'empty', true);
}

/** Since 0.44 results of tools are written as a message of their own, too, with the images that came with them. */
function isCarrier({ parts }: Envelope): boolean {
  return parts.some(({ kind }) => kind === 'response');
}

/** Parts that are neither words nor attachments. */
function decodeOther(envelope: Envelope, part: Part, index: number, { isTold }: UserMemory): Told {
  const nothing = { drafts: [], diagnostics: [] as readonly Diagnostic[] };
  if (part.kind === 'text') return nothing;
  if (part.kind === 'response') return decodeResponse(envelope, part.value, index, isTold);
  if (part.kind === 'data' && (takePart(part) || isCarrier(envelope))) return nothing;
  const name = partName(part);
  if (name === 'fileData') return nothing;
  return rawPart(envelope, name, `part:${index}`, RAW_PARTS.has(name));
}

function itemsOf(envelope: Envelope, { prompted }: UserMemory): readonly Item[] {
  const items = inOrder(envelope);
  if (envelope.isSubagent) return ofSubagent(items, prompted);
  const shown = wordsOf(partsOf(field(envelope.value, 'displayContent')));
  return joined(shown.trim() === '' ? items : asShown(items, shown));
}

/** Texts one by one. Nothing that was typed stands behind referenced files, whatever the files themselves contain. */
function inOrder({ parts }: Envelope): Item[] {
  const from = parts.findIndex((part) => part.kind === 'text' && part.text.trimStart().startsWith(REFERENCES));
  const words = from < 0 ? parts : parts.slice(0, from);
  const files = from < 0 ? '' : wordsOf(parts.slice(from)).trim();
  const items = words.flatMap((part, index) => (part.kind === 'text' ? heard(part.text, index) : []));
  const named = parts.flatMap((part, index) => fileItem(part, index));
  return [...items, ...named, ...(from < 0 ? [] : [context(from, 'references', files)])];
}

function context(index: number, subtype: string, text: string, origin: Origin = 'injected'): Item {
  return { kind: 'context', index, subtype, text, origin };
}

function fileItem(part: Part, index: number): Item[] {
  const uri = 'value' in part ? textAt(part.value, 'fileData', 'fileUri') : undefined;
  return uri === undefined ? [] : [context(index, 'file', uri)];
}

function heard(text: string, index: number): Item[] {
  const voice = hear(text);
  switch (voice.kind) {
    case 'injected':
      return [context(index, voice.subtype, text, voice.origin)];
    case 'command': {
      const output = voice.output === undefined ? [] : [context(index, 'command-output', voice.output, 'command')];
      return [{ kind: 'words', index, text: voice.text, origin: 'command' }, ...output];
    }
    case 'person': {
      const after = voice.context.map((one) => context(index, one.subtype, one.text));
      return voice.text.trim() === '' ? after : [{ kind: 'words', index, text: voice.text, origin: 'typed' }, ...after];
    }
  }
}

/** A sub-agent's first message ends with the prompt of its parent; nobody types to it, so the rest is the harness. */
function ofSubagent(items: readonly Item[], prompted: boolean): readonly Item[] {
  const prompt = prompted ? -1 : items.findLastIndex(({ kind }) => kind === 'words');
  return items.map((item, index) => {
    if (item.kind === 'context') return item;
    return index === prompt ? { ...item, origin: 'subagent' } : context(item.index, 'harness', item.text);
  });
}

/** What was typed is what is shown; the words sent to the model in its place are the harness's. */
function asShown(items: readonly Item[], shown: string): readonly Item[] {
  const origin = isSlashCommand(shown) ? 'command' : 'typed';
  const sent = items.flatMap((item) => {
    if (item.kind === 'context') return [item];
    return item.text.trim() === shown.trim() ? [] : [context(item.index, 'expansion', item.text)];
  });
  return [{ kind: 'words', index: -1, text: shown, origin }, ...sent];
}

/** One message may be sent in several pieces of text. */
function joined(items: readonly Item[]): readonly Item[] {
  const done: Item[] = [];
  for (const item of items) {
    const last = done.at(-1);
    const isTyped = item.kind === 'words' && item.origin === 'typed';
    if (isTyped && last?.kind === 'words' && last.origin === 'typed') {
      done.splice(-1, 1, { ...last, text: last.text + item.text });
    } else done.push(item);
  }
  return done;
}

function itemDrafts(envelope: Envelope, items: readonly Item[]): { index: number; drafts: Draft[] }[] {
  const counts = { words: 0, context: 0 };
  return items.map((item) => {
    const number = counts[item.kind]++;
    const { index, text, origin } = item;
    const draft =
      item.kind === 'words'
        ? draftOf(envelope, 'user.message', `text:${number}`, { text }, { origin })
        : draftOf(envelope, 'system.message', `context:${number}`, { text, subtype: item.subtype }, { origin });
    return { index, drafts: [draft] };
  });
}

/**
 * Attachments belong to the words that they were sent with; without words they are a message of their own. Beside results
 * they are the tool's: told with the result, or in this message if nowhere else.
 */
function withAttachments(envelope: Envelope, drafts: readonly Draft[]): readonly Draft[] {
  const taken = envelope.parts.flatMap((part) => takePart(part) ?? []);
  const index = drafts.findIndex(
    ({ kind }) => kind === (isCarrier(envelope) ? 'assistant.tool.result' : 'user.message'),
  );
  const owner = drafts[index];
  if (taken.length === 0 || (!owner && isCarrier(envelope))) return drafts;
  const attachments = taken.map(({ attachment }) => attachment);
  const blobs = taken.map(({ blob }) => blob);
  if (owner?.kind === 'user.message' || owner?.kind === 'assistant.tool.result') {
    const payload = { ...owner.payload, attachments: [...(owner.payload.attachments ?? []), ...attachments] };
    return drafts.with(index, { ...owner, payload, blobs: [...(owner.blobs ?? []), ...blobs] } as Draft); // The same kind.
  }
  const origin = envelope.isSubagent ? 'subagent' : 'typed';
  return [...drafts, draftOf(envelope, 'user.message', 'attachments', { text: '', attachments }, { origin, blobs })];
}
