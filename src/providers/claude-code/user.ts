/**
 * Records of type `user`: people's words, tool results, and everything that the harness says in the user's role.
 *
 * Explicit marks of the record decide first (`origin`, `promptSource`, `isMeta`, …), then how the text begins.
 */
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { Attachment, Origin } from '../../core/event.ts';
import { booleanAt, field, stringAt, textAt } from '../../core/json.ts';
import type { BlobContent, Draft } from '../provider.ts';
import { textHash } from '../shared/text.ts';
import { blockText, takeBlock } from './blocks.ts';
import { draftOf, type Envelope } from './envelope.ts';
import { deliverQueued } from './queue.ts';
import { decodeResult } from './result.ts';
import type { ClaudeState } from './state.ts';
import { hear } from './wrappers.ts';

export interface Heard {
  readonly drafts: readonly Draft[];
  readonly diagnostics: readonly Diagnostic[];
  readonly state: ClaudeState;
}

export function decodeUser(before: ClaudeState, envelope: Envelope): Heard {
  const content = field(field(envelope.value, 'message'), 'content');
  const blocks =
    typeof content === 'string' ? [{ type: 'text', text: content }] : Array.isArray(content) ? content : [];
  const drafts: Draft[] = [];
  const diagnostics: Diagnostic[] = [];
  const attached: { attachment: Attachment; blob: BlobContent }[] = [];
  let state = before;
  for (const [index, block] of blocks.entries()) {
    const type = textAt(block, 'type');
    if (type === 'tool_result') {
      const result = decodeResult(state, envelope, block, index);
      drafts.push(...result.drafts);
      diagnostics.push(...result.diagnostics);
      state = result.state;
    } else if (type === 'text') {
      const spoken = decodeText(state, envelope, stringAt(block, 'text') ?? '', index);
      drafts.push(...spoken.drafts);
      state = spoken.state;
    } else if (type === 'image' || type === 'document') {
      const taken = takeBlock(block);
      if (taken) attached.push(taken);
      else
        drafts.push(
          draftOf(
            envelope,
            'system.message',
            `${type}:${index}`,
            { text: blockText(block), subtype: type },
            { origin: 'injected' },
          ),
        );
    } else {
      const rawType = `user:${type ?? 'block'}`;
      drafts.push(draftOf(envelope, 'provider.raw', `block:${index}`, { rawType }));
      diagnostics.push({ code: 'unknown-block', about: rawType });
    }
  }
  return { drafts: withAttachments(drafts, attached, envelope), diagnostics, state };
}

/** Attachments belong to the words that they were sent with; without words they are a message of their own. */
function withAttachments(
  drafts: readonly Draft[],
  attached: readonly { attachment: Attachment; blob: BlobContent }[],
  envelope: Envelope,
) {
  if (attached.length === 0) return drafts;
  const attachments = attached.map(({ attachment }) => attachment);
  const blobs = attached.map(({ blob }) => blob);
  const index = drafts.findIndex(({ kind }) => kind === 'user.message');
  const message = drafts[index];
  if (message?.kind === 'user.message') {
    const payload = { ...message.payload, attachments };
    return drafts.with(index, { ...message, payload, blobs });
  }
  const origin = booleanAt(envelope.value, 'isMeta') === true ? 'injected' : personOrigin(envelope);
  return [...drafts, draftOf(envelope, 'user.message', 'attachments', { text: '', attachments }, { origin, blobs })];
}

/** Who is behind a prompt that no flag calls injected. */
export function personOrigin({ value, isSubagent }: Envelope): Origin {
  if (isSubagent) return 'subagent';
  const source = stringAt(value, 'promptSource');
  const entrypoint = stringAt(value, 'entrypoint') ?? '';
  const isScript = source === 'sdk' || (source === undefined && entrypoint.startsWith('sdk'));
  // The desktop and editor extensions use the SDK's way in for what a person typed there.
  return isScript && entrypoint !== 'claude-desktop' && entrypoint !== 'claude-vscode' ? 'automated' : 'typed';
}

/** What flags of the record say about its text; absent when they say nothing, and the text must tell. */
function flagged(value: Record<string, unknown>): { readonly subtype: string; readonly origin: Origin } | undefined {
  if (booleanAt(value, 'isCompactSummary') === true) return { subtype: 'compact-summary', origin: 'summary' };
  if (booleanAt(value, 'isMeta') === true) return { subtype: 'meta', origin: 'injected' };
  const kind = textAt(field(value, 'origin'), 'kind');
  if (kind !== undefined && kind !== 'human') return { subtype: kind, origin: 'injected' };
  if (stringAt(value, 'promptSource') === 'system') return { subtype: 'system-prompt', origin: 'injected' };
  if (field(value, 'planContent') !== undefined && kind === undefined)
    return { subtype: 'accepted-plan', origin: 'injected' };
  return undefined;
}

function decodeText(
  state: ClaudeState,
  envelope: Envelope,
  text: string,
  index: number,
): { drafts: Draft[]; state: ClaudeState } {
  const flag = flagged(envelope.value);
  const voice = hear(text);
  const part = `text:${index}`;
  if (flag && voice.kind !== 'interrupted') {
    const origin = flag.subtype === 'meta' && voice.kind === 'injected' ? voice.origin : flag.origin;
    const subtype = flag.subtype === 'meta' && voice.kind === 'injected' ? voice.subtype : flag.subtype;
    return { drafts: [draftOf(envelope, 'system.message', part, { text, subtype }, { origin })], state };
  }
  switch (voice.kind) {
    case 'interrupted':
      return {
        drafts: [
          draftOf(
            envelope,
            'provider.info',
            part,
            { text: text.trim(), subtype: 'interrupted' },
            { origin: 'injected' },
          ),
        ],
        state,
      };
    case 'injected':
      return {
        drafts: [draftOf(envelope, 'system.message', part, { text, subtype: voice.subtype }, { origin: voice.origin })],
        state,
      };
    case 'command':
      return {
        drafts: [draftOf(envelope, 'user.message', part, { text: voice.text }, { origin: 'command' })],
        state: startTurn(state, envelope),
      };
    case 'person': {
      const context = voice.context.map(({ tag, text: body }, place) =>
        draftOf(
          envelope,
          'system.message',
          `context:${index}:${place}`,
          { text: body, subtype: tag },
          { origin: 'injected' },
        ),
      );
      if (voice.text === '' && context.length > 0) return { drafts: context, state };
      const next = startTurn(state, envelope);
      const queued = deliverQueued(next, textHash(voice.text.trim()));
      const more = { origin: personOrigin(envelope), ...(queued.record !== undefined && { record: queued.record }) };
      const message = draftOf(
        { ...envelope, turnId: next.turn ?? undefined },
        'user.message',
        queued.record === undefined ? part : 'text:0',
        { text: voice.text },
        more,
      );
      return { drafts: [...context, message], state: queued.state };
    }
  }
}

/** A prompt begins a turn; what follows, up to the next one, belongs to it. */
export function startTurn(state: ClaudeState, { value, uuid }: Envelope): ClaudeState {
  const turn = textAt(value, 'promptId') ?? uuid ?? null;
  return turn === state.turn ? state : { ...state, turn };
}
