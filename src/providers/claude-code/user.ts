/** Records of type `user`: people's words, tool results, and everything that the harness says in the user's role. */
import type { Diagnostic } from '../../core/diagnostic.ts';
import { booleanAt, field, stringAt, textAt } from '../../core/json.ts';
import type { Decoded, Draft } from '../provider.ts';
import { Attachments } from './attached.ts';
import { blockText, contentBlocks, takeBlock } from './blocks.ts';
import { draftOf, type Envelope, nameOf } from './envelope.ts';
import { deliverQueued } from './queue.ts';
import { decodeResult } from './result.ts';
import { notePrompt } from './rewind.ts';
import { judge, noteMarks, personOrigin, type Speech } from './speech.ts';
import type { ClaudeState } from './state.ts';

interface Heard {
  readonly drafts: readonly Draft[];
  readonly diagnostics: readonly Diagnostic[];
}

export function decodeUser(before: ClaudeState, opened: Envelope): Decoded<ClaudeState> {
  const blocks = contentBlocks(field(field(opened.value, 'message'), 'content')) ?? [];
  const isBesideResult = blocks.some((block) => textAt(block, 'type') === 'tool_result');
  const marked = noteMarks(before, opened);
  const circumstances = { state: marked, envelope: opened, isBesideResult };
  const speeches = blocks.map((block) => {
    const text = textAt(block, 'type') === 'text' ? stringAt(block, 'text') : undefined;
    return text === undefined ? undefined : judge(text, circumstances);
  });
  const turn = isBesideResult ? undefined : openTurn(marked, opened, speeches, blocks);
  const envelope = turn?.envelope ?? opened;
  let state = turn?.state ?? marked;
  const drafts: Draft[] = [];
  const diagnostics: Diagnostic[] = [];
  const attached = new Attachments();
  let spoken = 0;
  for (const [index, block] of blocks.entries()) {
    const speech = speeches[index];
    if (speech) {
      const name = turn?.record === undefined ? `text:${index}` : `text:${spoken}`;
      drafts.push(...say(envelope, speech, { name, index, record: turn?.record }));
      spoken += isPersons(speech) ? 1 : 0;
    } else if (textAt(block, 'type') === 'tool_result') {
      const result = decodeResult(state, envelope, block, index);
      drafts.push(...result.drafts);
      diagnostics.push(...result.diagnostics);
      state = result.state;
    } else {
      const taken = takeBlock(block);
      if (taken) attached.add(taken, drafts.length);
      const other = taken ? undefined : decodeOther(envelope, block, index);
      drafts.push(...(other?.drafts ?? []));
      diagnostics.push(...(other?.diagnostics ?? []));
    }
  }
  const isContext = isBesideResult || speeches.some((speech) => speech !== undefined && speech.as === 'context');
  const complete = attached.join(drafts, envelope, isContext);
  return { drafts: complete, diagnostics, retractions: turn?.retractions, state };
}

/** A block that is neither text nor result, and holds no content to take out. */
function decodeOther(envelope: Envelope, block: unknown, index: number): Heard {
  const type = textAt(block, 'type');
  const text = blockText(block);
  if (isPictureBlock(block) && text !== '' && type !== undefined) {
    const payload = { text, subtype: type };
    const draft = draftOf(envelope, 'system.message', `${type}:${index}`, payload, { origin: 'injected' });
    return { drafts: [draft], diagnostics: [] };
  }
  const rawType = `user:${nameOf(type, 'block')}`;
  const draft = draftOf(envelope, 'provider.raw', `block:${index}`, { rawType });
  return { drafts: [draft], diagnostics: [{ code: 'unknown-block', about: rawType }] };
}

function isPictureBlock(block: unknown): boolean {
  const type = textAt(block, 'type');
  return type === 'image' || type === 'document';
}

function isPersons(speech: Speech): boolean {
  return speech.as === 'message' && speech.text !== '';
}

/** A prompt begins a turn; what follows, up to the next one, belongs to it. */
function openTurn(
  before: ClaudeState,
  envelope: Envelope,
  speeches: readonly (Speech | undefined)[],
  blocks: readonly unknown[],
) {
  const { value, uuid, isInline } = envelope;
  const words = speeches.flatMap((speech) => (speech?.as === 'message' && speech.text !== '' ? [speech.text] : []));
  const isPicture = words.length === 0 && blocks.some(isPictureBlock);
  const isPlan = speeches.some((speech) => speech?.as === 'plan');
  const isPrompt = booleanAt(value, 'isMeta') !== true && (words.length > 0 || isPicture || isPlan);
  const isNotice = booleanAt(value, 'isMeta') !== true && textAt(value, 'promptSource') === 'system';
  if (isInline || (!isPrompt && !isNotice)) return undefined;
  const turn = uuid ?? before.turn;
  const queued = deliverQueued(before, words.join('\n'));
  const isScripted = isPrompt ? personOrigin(envelope) === 'automated' : before.isScripted;
  const noted = isPrompt ? notePrompt(queued.state, envelope) : { state: queued.state, retractions: [] };
  return {
    envelope: { ...envelope, turnId: turn ?? undefined },
    state: { ...noted.state, turn, isScripted },
    retractions: noted.retractions,
    record: queued.record,
  };
}

interface Part {
  readonly name: string;
  readonly index: number;
  /** The identity that the prompt has already; absent for the record's own. */
  readonly record: string | undefined;
}

function say(envelope: Envelope, speech: Speech, { name, index, record }: Part): readonly Draft[] {
  switch (speech.as) {
    case 'interrupted': {
      const payload = { text: speech.text, subtype: 'interrupted' };
      return [draftOf(envelope, 'provider.info', `text:${index}`, payload, { origin: 'injected' })];
    }
    case 'context': {
      const { text, subtype, origin } = speech;
      return [draftOf(envelope, 'system.message', `text:${index}`, { text, subtype }, { origin })];
    }
    case 'plan': {
      const payload = { text: speech.plan, subtype: 'accepted-plan' };
      const plan = draftOf(envelope, 'system.message', `text:${index}`, payload, { origin: 'injected' });
      if (speech.words === undefined) return [plan];
      const { origin, words: text } = speech;
      return [plan, draftOf(envelope, 'user.message', `words:${index}`, { text }, { origin })];
    }
    case 'message': {
      const context = speech.context.map(({ tag, text }, place) =>
        draftOf(
          envelope,
          'system.message',
          `context:${index}:${place}`,
          { text, subtype: tag },
          { origin: 'injected' },
        ),
      );
      if (speech.text === '') return context;
      const more = { origin: speech.origin, ...(record !== undefined && { record }) };
      return [...context, draftOf(envelope, 'user.message', name, { text: speech.text }, more)];
    }
  }
}
