/** The shapes of requests, as the server checks them, and of what every version of the daemon says of itself. */
import { isAbsolute } from 'node:path';
import * as v from 'valibot';
import type {
  CleanRequest,
  ExportRequest,
  ImportRequest,
  OutsideCommand,
  RecordingExportRequest,
  RenderRequest,
  Selector,
  SessionFilter,
} from '../../app/kato.ts';
import { KatoError } from '../../core/errors.ts';
import type { SessionKey } from '../../core/session.ts';
import type { FormatOptions } from '../../record/formats/format.ts';
import { presetNames } from '../../record/formats/presets.ts';
import { viewSwitches } from '../../record/view.ts';
import type { DaemonFacts } from './protocol.ts';

type Shape<T> = v.GenericSchema<unknown, T>;

/** The daemon has another working folder: paths arrive absolute. */
const path = v.pipe(v.string(), v.check(isAbsolute, 'an absolute path'));
const instant = v.pipe(v.string(), v.isoTimestamp());
const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const key = v.strictObject({ provider: v.string(), nativeId: v.string() }) satisfies Shape<SessionKey>;

const options = v.strictObject({
  user: v.boolean(),
  assistant: v.boolean(),
  decisions: v.boolean(),
  thinking: v.boolean(),
  tools: v.boolean(),
  system: v.boolean(),
  bookkeeping: v.boolean(),
  replayed: v.boolean(),
  anchors: v.boolean(),
  headingTime: v.picklist(['local', 'iso']),
  timeZone: v.string(),
  toolResultLines: v.pipe(v.number(), v.integer(), v.minValue(0)),
}) satisfies Shape<FormatOptions>;

const render = {
  format: v.picklist(['markdown', 'jsonl']),
  options,
  last: v.exactOptional(count),
  current: v.exactOptional(v.boolean()),
  subagents: v.exactOptional(v.boolean()),
  inherited: v.exactOptional(v.boolean()),
};
const renderRequest = v.strictObject(render) satisfies Shape<RenderRequest>;

const switches = v.partial(
  v.strictObject(Object.fromEntries(viewSwitches.map((name) => [name, v.boolean()] as const))),
);
const commandOptions = v.strictObject({
  preset: v.exactOptional(v.picklist(presetNames)),
  switches: v.exactOptional(switches),
  last: v.exactOptional(count),
  overwrite: v.exactOptional(v.boolean()),
});
const target = v.strictObject({ by: v.picklist(['id', 'dest', 'either']), text: v.string() });
const command = v.variant('verb', [
  v.strictObject({ verb: v.literal('record'), dest: v.exactOptional(v.string()), options: commandOptions }),
  v.strictObject({ verb: v.literal('capture'), dest: v.exactOptional(v.string()), options: commandOptions }),
  v.strictObject({ verb: v.literal('stop'), target: v.exactOptional(target) }),
]) satisfies Shape<OutsideCommand>;

/** The arguments of each method of `Kato`. */
export const requests = {
  sessions: v.strictObject({
    provider: v.exactOptional(v.string()),
    project: v.exactOptional(path),
    since: v.exactOptional(v.string()),
    subagents: v.exactOptional(v.boolean()),
  }) satisfies Shape<SessionFilter>,
  find: v.strictObject({ text: v.string(), cwd: path }) satisfies Shape<Selector>,
  events: v.strictObject({ key }),
  render: v.strictObject({ key, request: renderRequest }),
  export: v.strictObject({
    ...render,
    key,
    path: v.exactOptional(path),
    overwrite: v.exactOptional(v.boolean()),
  }) satisfies Shape<ExportRequest>,
  exportText: v.strictObject({ key, request: renderRequest }),
  import: v.strictObject({
    paths: v.exactOptional(v.array(path)),
    provider: v.exactOptional(v.string()),
    since: v.exactOptional(v.string()),
    dryRun: v.exactOptional(v.boolean()),
  }) satisfies Shape<ImportRequest>,
  status: v.strictObject({}),
  recordings: v.strictObject({}),
  commands: v.strictObject({ key: v.exactOptional(key) }),
  record: v.strictObject({ key, command }),
  recordingText: v.strictObject({ recording: v.string() }),
  exportRecording: v.strictObject({
    recording: v.string(),
    path: v.exactOptional(path),
    overwrite: v.exactOptional(v.boolean()),
  }) satisfies Shape<RecordingExportRequest>,
  verify: v.strictObject({}),
  reprocess: v.strictObject({ key: v.exactOptional(key) }),
  forget: v.strictObject({ key }),
  clean: v.strictObject({
    logs: v.exactOptional(v.boolean()),
    recordingsBefore: v.exactOptional(instant),
    sessionsBefore: v.exactOptional(instant),
    dryRun: v.exactOptional(v.boolean()),
  }) satisfies Shape<CleanRequest>,
} as const;

export const cancelRequest = v.strictObject({ call: v.string() });

/** Looser than the others: another version may say more. */
export const daemonFacts = v.object({
  protocol: v.number(),
  pid: v.pipe(v.number(), v.integer()),
  version: v.string(),
  startedAt: v.string(),
  components: v.array(
    v.object({
      name: v.string(),
      state: v.picklist(['running', 'waiting', 'failed']),
      since: v.string(),
      attempts: v.number(),
      lastError: v.exactOptional(v.object({ code: v.string(), message: v.string() })),
    }),
  ),
  memory: v.object({ residentBytes: v.number(), heapBytes: v.number() }),
}) satisfies Shape<DaemonFacts>;

/** The value in this shape. Throws `usage`, which names the key that is wrong and never what it holds. */
export function parse<T>(shape: Shape<T>, value: unknown, method: string): T {
  const parsed = v.safeParse(shape, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const place = v.getDotPath(issue) ?? 'the request';
  const wanted = issue.kind === 'validation' ? issue.message : (issue.expected ?? 'nothing');
  throw new KatoError('usage', `\`${method}\`: ${place}: expected ${wanted}`, {
    hint: 'the client and the daemon may be of different versions: `kato restart`',
  });
}
