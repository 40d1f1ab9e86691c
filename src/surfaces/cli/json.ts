/**
 * What `--json` prints, command by command, inside one envelope. The shapes give the types that commands must produce
 * and `docs/cli.schema.json`; keys are added over time, never taken away or given another meaning.
 */
import {
  boolean,
  constant,
  type Infer,
  integer,
  json,
  list,
  nullable,
  number,
  object,
  oneOf,
  type Schema,
  string,
} from '../../core/schema.ts';

const sessionFields = {
  id: string,
  shortId: string,
  provider: string,
  nativeId: string,
  title: nullable(string),
  cwd: nullable(string),
  gitBranch: nullable(string),
  models: list(string),
  firstAt: nullable(string),
  lastAt: nullable(string),
  parent: nullable(object({ nativeId: string, relation: string })),
  subagent: boolean,
  events: integer,
} as const;
const session = object(sessionFields);

/** `stale`: it got nothing lately. `lag`: bytes that its agent wrote and that are not in the store. */
const activeSession = object({
  ...sessionFields,
  stale: boolean,
  lag: integer,
  recordings: list(
    object({
      id: string,
      path: string,
      on: boolean,
      lastWriteAt: nullable(string),
      offset: integer,
      missing: integer,
    }),
  ),
});

/** How often something was not understood, or found damaged. */
const flaw = object({ code: string, count: integer }, { about: string });

const importReport = object(
  {
    filesExamined: integer,
    filesRead: integer,
    bytesRead: integer,
    framesDecoded: integer,
    events: integer,
    revisions: integer,
    rowsWritten: integer,
    sessions: integer,
    unchanged: integer,
    unreadable: list(object({ path: string, code: string })),
    incomplete: list(string),
    unknown: list(string),
    forgotten: list(string),
    flaws: list(flaw),
    stopped: boolean,
  },
  { planned: object({ files: integer, bytes: integer }) },
);

const component = object(
  { name: string, state: oneOf('running', 'waiting', 'failed'), since: string, attempts: integer },
  { lastError: object({ code: string, message: string }) },
);

/**
 * `missing`: how many events may be missing, because its user took something out of the file. `failure`: why it does not
 * go on.
 * `redirectedFrom`: the path that was asked for, where it could not be there.
 */
const recording = object(
  {
    id: string,
    shortId: string,
    session: string,
    provider: string,
    title: nullable(string),
    path: string,
    format: oneOf('markdown', 'jsonl'),
    on: boolean,
    lastWriteAt: nullable(string),
    bytes: integer,
    offset: integer,
    missing: integer,
    edited: boolean,
  },
  { failure: string, redirectedFrom: string },
);

const outcome = oneOf('done', 'no-op', 'redirected', 'denied', 'failed', 'ignored');

const command = object({
  session: string,
  provider: string,
  line: string,
  at: nullable(string),
  outcome,
  reason: nullable(string),
  hint: nullable(string),
  paths: list(string),
});

const answer = object({ session: string, kind: outcome, paths: list(string) }, { reason: string, hint: string });

/** How live ingest is doing: what is watched or polled, and what cannot be taken in now. */
const ingest = object({
  roots: list(object({ path: string, mode: oneOf('watching', 'polling') }, { reason: string })),
  failing: list(object({ path: string, code: string, attempts: integer })),
  unreadable: list(object({ path: string, code: string })),
});

/** Files of agents that were read and not kept; `partly`: kept as far as they were recorded. */
const unkept = object({ whole: integer, partly: integer });

const status = object(
  {
    daemon: object(
      { running: boolean },
      { pid: integer, version: string, startedAt: string, components: list(component) },
    ),
    store: object(
      {
        engine: oneOf('sqlite', 'log'),
        sessions: integer,
        keptSessions: integer,
        events: integer,
        rawBytes: integer,
        rawStoredBytes: integer,
        eventStoredBytes: integer,
        blobBytes: integer,
        diskBytes: integer,
      },
      { fallback: string, other: object({ engine: oneOf('sqlite', 'log'), bytes: integer }) },
    ),
    providers: list(
      object(
        {
          id: string,
          label: string,
          roots: list(object({ path: string, exists: boolean }, { unreadable: string })),
          sources: integer,
          activeSessions: integer,
          stale: boolean,
        },
        {
          lastAt: string,
          retention: object({ setting: string, days: number, settings: string, soon: integer, unkept: integer }),
        },
      ),
    ),
    sessions: list(activeSession),
    recordings: list(recording),
    commands: list(command),
    lag: list(object({ path: string, provider: string, lagBytes: integer }, { nativeId: string })),
    keeps: oneOf('all', 'recorded', 'mixed'),
    gone: integer,
    unkept,
    goneUnkept: unkept,
    flaws: list(flaw),
  },
  { ingest, memory: object({ residentBytes: integer, heapBytes: integer }) },
);

/** `engine`: when it was read from a log that was left beside the store. */
const exported = object(
  { session: string, provider: string, path: string, events: integer, bytes: integer },
  { backup: string, engine: constant('log') },
);

const started = object({ pid: integer, version: string, startedAt: string, started: boolean }, { replaced: string });

/** An event on one side of a migration; `offset` is its place in its source. */
const eventPlace = object({ seq: integer, id: string }, { offset: integer });
/** `difference`: the first place where the two sides differ; a side that ends there is null. */
const migrate = object({
  done: boolean,
  dryRun: boolean,
  sessions: list(
    object({
      log: string,
      provider: nullable(string),
      nativeId: nullable(string),
      outcome: oneOf('imported', 'tail-kept', 'already-there', 'left'),
      events: integer,
      onlyInStore: integer,
      setAside: boolean,
      reason: nullable(string),
      what: nullable(string),
      difference: nullable(object({ log: nullable(eventPlace), store: nullable(eventPlace) })),
    }),
  ),
  rest: nullable(object({ reason: string, what: string })),
});

const clean = object({
  dryRun: boolean,
  logs: list(object({ path: string, bytes: integer, how: oneOf('removed', 'rotated') })),
  recordings: list(object({ id: string, path: string, bytes: integer })),
  keptRecordings: list(object({ id: string, path: string, reason: oneOf('edited', 'unproven', 'unfinished') })),
  sessions: list(session),
  recorded: list(session),
  freedBytes: integer,
});

const manager = oneOf('systemd', 'launchd');

/** The data of each command, by its name. */
export const outputs = {
  sessions: list(session),
  forget: list(session),
  clean,
  import: importReport,
  start: started,
  stop: object({ stopped: boolean }, { pid: integer, version: string }),
  restart: started,
  logs: list(json),
  status,
  export: list(exported),
  doctor: list(object({ check: string, level: oneOf('ok', 'warn', 'fail'), what: string, remedy: nullable(string) })),
  verify: list(object({ code: string, what: string })),
  record: answer,
  capture: answer,
  'stop-recording': answer,
  recordings: list(recording),
  commands: list(command),
  migrate,
  reprocess: object({ sessions: integer, changed: integer, events: integer }),
  'service install': object({ manager, path: string, replaced: boolean }),
  'service uninstall': object({ manager, path: string, removed: boolean }),
  'service print': object({ manager, path: string, text: string }),
  'config show': json,
  'config get': json,
  'config set': json,
  'config validate': object({ path: string, valid: boolean }),
} as const;

export type OutputName = keyof typeof outputs;
export type Output<N extends OutputName> = Infer<(typeof outputs)[N]>;
export type SessionJson = Infer<typeof session>;

/** The whole of what a command prints. */
export function envelope<T>(data: Schema<T>) {
  return object({ schemaVersion: constant(1), data, warnings: list(string) });
}
