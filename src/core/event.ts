/**
 * The canonical event: one thing that happened in a session, the same for every provider.
 *
 * The shapes below are the source of the TypeScript types, of the check that tests run over every golden file, and of
 * `docs/event.schema.json`. Text is complete and as written. What a provider did not say is absent, never invented.
 */
import {
  boolean,
  constant,
  type Infer,
  integer,
  json,
  list,
  matching,
  number,
  object,
  oneOf,
  type Schema,
  string,
} from './schema.ts';

/** A time of the provider's own clock, or of ours for `observedAt`: ISO 8601 in UTC with milliseconds. */
const instant = matching(
  '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$',
  'a time such as 2026-01-02T03:04:05.678Z',
);

/** Content that is not text. The bytes are in the store once, under `sha256`; `bytes` is their number. */
const attachment = object(
  { mediaType: string, bytes: integer, sha256: matching('^[0-9a-f]{64}$', 'a SHA-256 in hex') },
  { name: string },
);
/** One file changed by a tool. `diff` is unified hunk text without file headers; absent when the agent kept none. */
const edit = object(
  { path: string, change: oneOf('create', 'update', 'delete', 'move') },
  { diff: string, to: string },
);
const option = object({ label: string }, { description: string });
const phase = oneOf('commentary', 'final');

/** Another session that this one comes from. `record`, `ordinal` (the first not in common) or `byteOffset` say where they part. */
const parent = object(
  { nativeId: string, relation: oneOf('subagent', 'fork', 'continuation') },
  { toolCallId: string, record: string, ordinal: integer, byteOffset: integer },
);
const subagent = object({ nativeId: string }, { toolCallId: string, agentType: string, description: string });

/** What each kind carries. Keys after the first argument may be absent. */
export const payloads = {
  'user.message': object({ text: string }, { phase, attachments: list(attachment) }),
  /** A line of a message that steers kato: `number` counts lines from 0, `message` is the id of the message. */
  'user.kato-command': object(
    { line: string, number: integer, message: matching('^[0-9a-f]{32}$', '32 hex digits') },
    { verb: string, arguments: string, error: string },
  ),
  'user.decision.response': object(
    { decisionId: string, key: string, question: string, selections: list(string) },
    { freeText: string },
  ),
  'assistant.message': object({ text: string }, { phase, attachments: list(attachment) }),
  'assistant.thinking': object({ text: string }, { redacted: boolean }),
  'assistant.tool.call': object(
    { toolCallId: string, name: string, input: json },
    { description: string, edits: list(edit) },
  ),
  'assistant.tool.result': object(
    { toolCallId: string, text: string },
    { isError: boolean, exitCode: integer, attachments: list(attachment), edits: list(edit) },
  ),
  'assistant.decision.prompt': object(
    { decisionId: string, key: string, prompt: string, options: list(option) },
    { header: string, multiSelect: boolean },
  ),
  'system.message': object({ text: string }, { subtype: string }),
  'session.info': object(
    {},
    {
      title: string,
      titleFrom: oneOf('user', 'agent', 'summary'),
      cwd: string,
      gitBranch: string,
      model: string,
      agentVersion: string,
      entrypoint: string,
      background: boolean,
      parent,
      subagent,
    },
  ),
  usage: object(
    {},
    {
      input: integer,
      output: integer,
      cacheRead: integer,
      cacheWrite: integer,
      reasoning: integer,
      total: integer,
      costUsd: number,
    },
  ),
  'provider.info': object({ text: string, subtype: string }, { level: string }),
  'provider.raw': object({ rawType: string }, { bytes: integer, head: string, tail: string }),
} as const;

export type EventKind = keyof typeof payloads;
export const eventKinds = Object.keys(payloads) as readonly EventKind[];
export type Payload<K extends EventKind> = Infer<(typeof payloads)[K]>;
export type Attachment = Infer<typeof attachment>;
export type Edit = Infer<typeof edit>;
export type ParentLink = Infer<typeof parent>;

/**
 * Who stands behind an event. `agent` is the agent and its model; the others belong to user-side text:
 * `typed` by a person, `injected` by the harness, a slash `command` and its output, a compaction `summary`, the prompt of
 * a parent agent (`subagent`), a script (`automated`), or history copied from elsewhere (`replayed`).
 */
const origin = oneOf('agent', 'typed', 'injected', 'command', 'summary', 'subagent', 'automated', 'replayed');
export type Origin = Infer<typeof origin>;

/**
 * Where an event was read. `part` is the component of the record; offsets are bytes from the start of the source.
 * `notBefore` is on commands without a time, in files of which not even their age says when: no older than this.
 */
const source = object(
  { type: string, part: string },
  {
    nativeId: string,
    ordinal: integer,
    file: string,
    generation: integer,
    offset: integer,
    bytes: integer,
    sideFile: string,
    notBefore: instant,
  },
);

const eventId = matching('^[0-9a-f]{32}$', '32 hex digits') as Schema<EventId>;
declare const eventIdBrand: unique symbol;
/** 32 hex digits; the first 16 are common to all events of one record. Made by `identify` alone. */
export type EventId = string & { readonly [eventIdBrand]: true };

const envelope = {
  required: {
    v: constant(1),
    id: eventId,
    seq: integer,
    session: object({ provider: string, nativeId: string, id: string }),
    origin,
    source,
  },
  optional: {
    at: instant,
    observedAt: instant,
    turnId: string,
    model: string,
    copyOf: eventId,
    revises: integer,
  },
};

/** The schema of one kind of event, whole. */
export function eventSchema<K extends EventKind>(kind: K) {
  return object({ ...envelope.required, kind: constant(kind), payload: payloads[kind] }, envelope.optional);
}

type Envelope = Omit<Infer<ReturnType<typeof eventSchema<'user.message'>>>, 'kind' | 'payload'>;

/** A kind with its payload, as a union over all kinds. */
export type Body<K extends EventKind = EventKind> = K extends EventKind
  ? { readonly kind: K; readonly payload: Payload<K> }
  : never;

/** A canonical event as stored, exported and served. */
export type KatoEvent<K extends EventKind = EventKind> = Envelope & Body<K>;

/** The first thing wrong with a value that should be a canonical event; absent when it is one. */
export function eventFlaw(value: unknown): string | undefined {
  const kind = (value as { kind?: unknown } | null)?.kind;
  const known = eventKinds.find((candidate) => candidate === kind);
  return known === undefined ? 'event.kind: unknown' : eventSchema(known).check(value, 'event');
}
