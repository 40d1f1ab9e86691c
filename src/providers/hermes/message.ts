/** One message: what was said, thought, called and answered. */
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { Attachment, Origin } from '../../core/event.ts';
import { field, isRecord, numberAt, parseJson, stringAt, textAt, toJson } from '../../core/json.ts';
import type { BlobContent, Decoded, Draft } from '../provider.ts';
import { takeDataUrl } from '../shared/attachment.ts';
import { lastOf } from '../shared/text.ts';
import { type Message, partsOf } from './record.ts';
import { parentInfo } from './session.ts';
import type { HermesState } from './state.ts';
import { hear, summary, type Voice } from './voices.ts';

const MOST_MATCHED = 64;

export function decodeMessage(state: HermesState, message: Message): Decoded<HermesState> {
  switch (message.role) {
    case 'user':
      return decodeUser(state, message);
    case 'assistant':
      return decodeAnswer(state, message);
    case 'tool':
      return decodeResult(state, message);
    case 'system':
      return decodeSystem(state, message);
    case 'session_meta': // Bookkeeping; the session's own row says the same.
      return { drafts: [], diagnostics: [], state };
    default: {
      const about = message.role === '' ? 'untyped' : message.role;
      const draft: Draft = {
        ...base(message),
        part: 'raw',
        origin: 'agent',
        kind: 'provider.raw',
        payload: { rawType: about },
      };
      return { drafts: [draft], diagnostics: [{ code: 'unknown-record', about }], state };
    }
  }
}

function base({ session, record, at, role, isMirror }: Message) {
  return { session, record, at, type: isMirror ? 'mirror' : role };
}

interface Content {
  readonly text: string;
  readonly attachments: readonly Attachment[];
  readonly blobs: readonly BlobContent[];
  readonly drafts: readonly Draft[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Text, with the pictures that came with it; anything else is kept raw. */
function readContent(message: Message): Content {
  const texts: string[] = [];
  const attachments: Attachment[] = [];
  const blobs: BlobContent[] = [];
  const unknown: [string, number][] = [];
  for (const [index, part] of partsOf(message.content).entries()) {
    const taken = takeDataUrl(stringAt(part, 'image_url', 'url') ?? stringAt(part, 'image_url'));
    const text = stringAt(part, 'text');
    if (text !== undefined) texts.push(text);
    else if (taken) {
      attachments.push(taken.attachment);
      blobs.push(taken.blob);
    } else unknown.push([textAt(part, 'type') ?? 'untyped', index]);
  }
  const drafts = unknown.map(([rawType, index]): Draft => {
    return { ...base(message), part: `part:${index}`, origin: 'agent', kind: 'provider.raw', payload: { rawType } };
  });
  const diagnostics = unknown.map(([about]) => ({ code: 'unknown-block', about }) as const);
  return { text: texts.join('\n'), attachments, blobs, drafts, diagnostics };
}

function withAttachments({ attachments, blobs }: Content) {
  return attachments.length === 0 ? { payload: {}, draft: {} } : { payload: { attachments }, draft: { blobs } };
}

const AUTOMATED: ReadonlySet<string> = new Set(['cron', 'batch', 'webhook']);

/** `origin_kind`, since version 27 of the schema. `legacy_unknown` says nothing. */
const KINDS: Readonly<Record<string, Origin>> = {
  human_user: 'typed',
  automation: 'automated',
  agent: 'injected',
  assistant: 'injected',
  internal_system: 'injected',
  imported: 'replayed',
};

/** Whose words a message is if its text does not tell otherwise. */
function speakerOf({ source }: HermesState, { isObserved, originKind = '' }: Message): Origin {
  if (isObserved) return 'injected';
  if (source === 'subagent') return 'subagent';
  if (source !== null && AUTOMATED.has(source)) return 'automated';
  return (Object.hasOwn(KINDS, originKind) ? KINDS[originKind] : undefined) ?? 'typed';
}

function decodeUser(before: HermesState, message: Message): Decoded<HermesState> {
  const content = readContent(message);
  const isSilent = content.text === '' && content.attachments.length === 0;
  const voices = isSilent ? [] : voicesOf(before, message, content.text);
  const isSummary = voices.some((voice) => voice.kind === 'context' && voice.origin === 'summary');
  const told = isSummary ? parentInfo(before, message.session, true) : undefined;
  const { payload: attached, draft: blobs } = withAttachments(content);
  const spoken = voices.map((voice, index): Draft => {
    if (voice.kind === 'delivery') return delivery(message, voice.text);
    const { text, origin } = voice;
    const part = index === voices.length - 1 ? 'text' : `context:${index}`;
    if (voice.kind === 'context') {
      return { ...base(message), part, origin, kind: 'system.message', payload: { text, subtype: voice.subtype } };
    }
    return { ...base(message), ...blobs, part, origin, kind: 'user.message', payload: { text, ...attached } };
  });
  const state = { ...(told?.state ?? before), waiting: [] };
  return { drafts: [...(told?.drafts ?? []), ...spoken, ...content.drafts], diagnostics: content.diagnostics, state };
}

function voicesOf(state: HermesState, message: Message, text: string): readonly Voice[] {
  if (message.isMirror) return [{ kind: 'delivery', text }];
  return message.isSummary ? [summary(text)] : hear(text, speakerOf(state, message));
}

/** Said by the agent, and to this chat; not by the model of this conversation. */
function delivery(message: Message, text: string): Draft {
  return {
    ...base(message),
    type: 'mirror',
    part: 'text',
    origin: 'agent',
    kind: 'assistant.message',
    payload: { text },
  };
}

function decodeAnswer(before: HermesState, message: Message): Decoded<HermesState> {
  const content = readContent(message);
  if (message.isMirror) {
    return {
      drafts: [delivery(message, content.text), ...content.drafts],
      diagnostics: content.diagnostics,
      state: before,
    };
  }
  const { payload: attached, draft: blobs } = withAttachments(content);
  const by = { ...base(message), model: before.model ?? undefined, origin: 'agent' } as const;
  const calls = message.calls.filter(isRecord).map((call, index) => readCall(call, `${message.place}-${index}`));
  const { reasoning } = message;
  const isSaid = content.text.trim() !== '' || content.attachments.length > 0;
  const drafts: Draft[] = [
    ...(reasoning === undefined
      ? []
      : [{ ...by, part: 'thinking', kind: 'assistant.thinking', payload: { text: reasoning } } as const]),
    ...(isSaid
      ? [
          {
            ...by,
            ...blobs,
            part: 'text',
            kind: 'assistant.message',
            payload: { text: content.text, ...attached },
          } as const,
        ]
      : []),
    ...calls.map(({ id, name, input }): Draft => {
      const payload = { toolCallId: id, name, input: toJson(input) };
      return { ...by, part: `tool-call:${id}`, kind: 'assistant.tool.call', payload };
    }),
    ...content.drafts,
  ];
  const state = calls.length === 0 ? before : { ...before, waiting: calls.map(({ id }) => id) };
  return { drafts, diagnostics: content.diagnostics, state };
}

/** `{id, function: {name, arguments}}` as OpenAI has it, or `{name, arguments}` without an id. */
function readCall(call: Record<string, unknown>, place: string) {
  const made = isRecord(call.function) ? call.function : call;
  const text = stringAt(made, 'arguments');
  const input = text === undefined ? (field(made, 'arguments') ?? {}) : (parseJson(text) ?? text);
  const id = textAt(call, 'id') ?? textAt(call, 'call_id') ?? place;
  return { id, name: textAt(made, 'name') ?? 'unknown', input };
}

function decodeResult(before: HermesState, message: Message): Decoded<HermesState> {
  const content = readContent(message);
  const { place, callId } = message;
  const known = before.matched.find(([record]) => record === place)?.[1];
  const id = callId ?? known ?? before.waiting[0] ?? place;
  const { payload: attached, draft: blobs } = withAttachments(content);
  const draft: Draft = {
    ...base(message),
    ...blobs,
    ...{ part: `tool-result:${id}`, origin: 'agent', kind: 'assistant.tool.result' },
    payload: { toolCallId: id, ...readOutput(content.text), ...attached },
  };
  const isMatched = callId === undefined && known === undefined;
  const state = {
    ...before,
    waiting: before.waiting.filter((one) => one !== id),
    ...(isMatched && { matched: lastOf([...before.matched, [place, id] as const], MOST_MATCHED) }),
  };
  return { drafts: [draft, ...content.drafts], diagnostics: content.diagnostics, state };
}

const OUTPUT_KEYS: ReadonlySet<string> = new Set(['output', 'exit_code', 'error']);

/** What a command wrote, and how it ended, where the result says this and nothing else. */
function readOutput(text: string): { text: string; exitCode?: number; isError?: boolean } {
  const value = text.startsWith('{') ? parseJson(text) : undefined;
  const isPlain = isRecord(value) && Object.keys(value).every((key) => OUTPUT_KEYS.has(key));
  const [output, error] = [textAt(value, 'output'), textAt(value, 'error')];
  if (!isPlain || (output === undefined && error === undefined && stringAt(value, 'output') === undefined))
    return { text };
  const exitCode = numberAt(value, 'exit_code');
  return {
    text: [output, error].filter((one) => one !== undefined).join('\n'),
    ...(exitCode !== undefined && Number.isInteger(exitCode) && { exitCode }),
    ...(error !== undefined && { isError: true }),
  };
}

function decodeSystem(state: HermesState, message: Message): Decoded<HermesState> {
  const content = readContent(message);
  const draft: Draft = {
    ...{ ...base(message), part: 'text', origin: 'injected', kind: 'system.message' },
    payload: { text: content.text, subtype: 'system-prompt' },
  };
  return { drafts: [draft, ...content.drafts], diagnostics: content.diagnostics, state };
}
