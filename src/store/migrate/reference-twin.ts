/**
 * Twins of the prototype that kato began as: `<provider>:<id>.twin.jsonl`, one event a line, schema 1 (seen 2026-02-27).
 *
 * An event is known by where it came from and what it says, because the prototype wrote the same one again after a crash,
 * under another seq. Of its times only the provider's count; when the prototype has seen something it has often put
 * down wrongly. What is not modelled is kept as `provider.raw`; the whole file is kept beside the session.
 */
import { type EventKind, payloads } from '../../core/event.ts';
import { contentHash, frameHash, identify } from '../../core/identity.ts';
import { at, booleanAt, field, isRecord, listAt, numberAt, parseJson, stringAt, textAt } from '../../core/json.ts';
import type { SessionKey } from '../../core/session.ts';

/** The prototype's names of providers, and ours. */
const PROVIDERS: Readonly<Record<string, string>> = { claude: 'claude-code', codex: 'codex', gemini: 'gemini-cli' };

/** The session that a meta file or an event names; absent when it is none of the prototype's. */
export function referenceKey(value: unknown): SessionKey | undefined {
  const named = textAt(value, 'provider') ?? '';
  const provider = Object.hasOwn(PROVIDERS, named) ? PROVIDERS[named] : undefined;
  const nativeId = textAt(value, 'providerSessionId');
  return provider === undefined || nativeId === undefined ? undefined : { provider, nativeId };
}

export interface ReferenceEvent {
  readonly id: string;
  readonly content: string;
  readonly kind: EventKind;
  readonly at: string | undefined;
  readonly model: string | undefined;
  readonly payload: Payload;
  readonly json: string;
  readonly offset: number;
}

type Payload = Readonly<Record<string, unknown>>;

export interface ReferenceTwin {
  /** Each once, in order. */
  readonly events: readonly ReferenceEvent[];
  /** Lines that are no events of this session; a torn last one is not counted. */
  readonly unread: number;
}

/** The name under which a twin's bytes are kept beside its session. */
export const REFERENCE_TWIN = 'reference.twin.jsonl';

export function readReferenceTwin(key: SessionKey, bytes: Uint8Array): ReferenceTwin {
  const questions = new Map<string, Question>();
  const events = new Map<string, ReferenceEvent>();
  let unread = 0;
  for (const { line, offset } of linesOf(bytes)) {
    const value = parseJson(line);
    const event = toEvent(key, value, { offset, bytes: Buffer.byteLength(line) + 1 }, questions);
    if (!event) unread += 1;
    else if (!events.has(event.id)) events.set(event.id, event);
  }
  return { events: [...events.values()], unread };
}

function* linesOf(bytes: Uint8Array): Generator<{ readonly line: string; readonly offset: number }> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;
  for (let end = buffer.indexOf(0x0a); end >= 0; end = buffer.indexOf(0x0a, offset)) {
    const line = buffer.toString('utf8', offset, end);
    if (line.trim() !== '') yield { line, offset };
    offset = end + 1;
  }
}

interface Place {
  readonly offset: number;
  readonly bytes: number;
}

interface Question {
  readonly decisionId: string;
  readonly prompt: string;
}

function toEvent(
  key: SessionKey,
  value: unknown,
  place: Place,
  questions: Map<string, Question>,
): ReferenceEvent | undefined {
  const named = referenceKey(field(value, 'session'));
  const isOurs = named?.provider === key.provider && named.nativeId === key.nativeId;
  const said = field(value, 'payload');
  if (numberAt(value, 'schemaVersion') !== 1 || !isOurs || !isRecord(said)) return undefined;
  const { kind, payload } = modelled(stringAt(value, 'kind') ?? '', said, questions);
  const model = textAt(value, 'model');
  const turnId = textAt(value, 'turnId');
  const source = field(value, 'source');
  const origin = JSON.stringify([stringAt(value, 'kind'), source, turnId, model, said]);
  const id = identify(key, { frame: frameHash(Buffer.from(origin)), occurrence: 0 }, 'reference');
  const time = timeOf(textAt(value, 'time', 'providerTimestamp'));
  const body = {
    id,
    kind,
    ...(time !== undefined && { at: time }),
    ...(turnId !== undefined && { turnId }),
    ...(model !== undefined && { model }),
    origin: ORIGINS[kind] ?? 'agent',
    source: {
      type: stringAt(source, 'providerEventType') ?? '',
      part: 'reference',
      ...place,
      sideFile: REFERENCE_TWIN,
    },
    payload,
  };
  const content = contentHash(kind, model, JSON.stringify(payload));
  return { id, content, kind, at: time, model, payload, json: JSON.stringify(body), offset: place.offset };
}

/** Who stands behind an event. Of a user's text the prototype only kept what it took for a person's. */
const ORIGINS: Readonly<Partial<Record<EventKind, string>>> = {
  'user.message': 'typed',
  'user.decision.response': 'typed',
  'system.message': 'injected',
};

/** An ISO time as ours; a time without a zone, and the beginning of 1970, say nothing. */
function timeOf(text: string | undefined): string | undefined {
  const ms = text !== undefined && /(Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) || ms <= 0 ? undefined : new Date(ms).toISOString();
}

interface Modelled {
  readonly kind: EventKind;
  readonly payload: Payload;
}

function modelled(kind: string, said: Payload, questions: Map<string, Question>): Modelled {
  const payload = MODELS[kind]?.(said, questions);
  const known = Object.keys(payloads).find((one) => one === kind) as EventKind | undefined;
  if (known !== undefined && payload && payloads[known].check(payload, 'payload') === undefined) {
    return { kind: known, payload };
  }
  return { kind: 'provider.raw', payload: { rawType: stringAt(said, 'rawType') ?? kind } };
}

type Model = (said: Payload, questions: Map<string, Question>) => Payload;

const message: Model = (said) => ({ text: field(said, 'text'), ...some('phase', phaseOf(said)) });

const MODELS: Readonly<Record<string, Model>> = {
  'user.message': message,
  'assistant.message': message,
  'assistant.thinking': (said) => ({ text: field(said, 'text') }),
  'assistant.tool.call': (said) => ({
    toolCallId: field(said, 'toolCallId'),
    name: field(said, 'name'),
    input: field(said, 'input') ?? {},
    ...some('description', stringAt(said, 'description')),
  }),
  'assistant.tool.result': (said) => ({ toolCallId: field(said, 'toolCallId'), text: field(said, 'result') }),
  'assistant.decision.prompt': promptOf,
  'user.decision.response': responseOf,
  'system.message': (said) => ({ text: field(said, 'text'), ...some('subtype', stringAt(said, 'subtype')) }),
  'provider.info': (said) => ({
    text: field(said, 'text'),
    subtype: stringAt(said, 'subtype') ?? 'info',
    ...some('level', stringAt(said, 'level')),
  }),
};

function phaseOf(said: Payload): string | undefined {
  const phase = stringAt(said, 'phase');
  return phase === 'commentary' || phase === 'final' ? phase : undefined;
}

function some(key: string, value: unknown): Payload {
  return value === undefined ? {} : { [key]: value };
}

function promptOf(said: Payload, questions: Map<string, Question>): Payload {
  const decisionId = stringAt(said, 'decisionId') ?? '';
  const key = stringAt(said, 'decisionKey') ?? '';
  const prompt = stringAt(said, 'prompt') ?? '';
  questions.set(key, { decisionId, prompt });
  const options = listAt(said, 'options').map((option) => ({
    label: stringAt(option, 'label') ?? '',
    ...some('description', stringAt(option, 'description')),
  }));
  return { decisionId, key, prompt, options, ...some('multiSelect', booleanAt(said, 'multiSelect')) };
}

/** The prototype gave an answer another decision's id: only the key says what was asked. */
function responseOf(said: Payload, questions: Map<string, Question>): Payload {
  const key = stringAt(said, 'decisionKey') ?? '';
  const asked = questions.get(key);
  const decisionId = asked?.decisionId ?? stringAt(said, 'decisionId');
  return { decisionId, key, question: asked?.prompt ?? key, selections: [at(said, 'selection')] };
}
