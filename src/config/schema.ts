/** The shape of `config.yaml`. What is not written has its default; what is written must be right, to the last key. */
import * as v from 'valibot';

const level = v.optional(v.picklist(['debug', 'info', 'warn', 'error']), 'info');
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const path = v.pipe(v.string(), v.nonEmpty());

const root = v.union([
  v.pipe(
    path,
    v.transform((text) => ({ path: text })),
  ),
  v.strictObject({ path, autoGenerateSnapshots: v.optional(v.boolean()) }),
]);

export const configSchema = v.strictObject({
  version: v.literal(1),
  autoGenerateSnapshots: v.optional(v.boolean(), false),
  cleanSessionStatesOnShutdown: v.optional(v.boolean(), false),
  store: v.optional(v.strictObject({ engine: v.optional(v.picklist(['auto', 'sqlite', 'log']), 'auto') }), {}),
  write: v.optional(
    v.strictObject({ roots: v.optional(v.array(path), []), projectFolders: v.optional(v.boolean(), true) }),
    {},
  ),
  providers: v.optional(v.record(v.string(), v.strictObject({ roots: v.array(root) })), {}),
  recording: v.optional(
    v.strictObject({
      preset: v.optional(v.picklist(['prompts', 'chat', 'full', 'audit']), 'chat'),
      headingTime: v.optional(v.picklist(['local', 'iso']), 'local'),
      anchors: v.optional(v.boolean(), false),
      toolResultLines: v.optional(count, 0),
      frontmatter: v.optional(
        v.strictObject({
          enabled: v.optional(v.boolean(), true),
          updated: v.optional(v.boolean(), false),
          username: v.optional(v.string(), ''),
          eventKinds: v.optional(v.literal(false), false), // Reserved: what is switched on must be done.
        }),
        {},
      ),
    }),
    {},
  ),
  commands: v.optional(
    v.strictObject({
      enabled: v.optional(v.boolean(), true),
      automated: v.optional(v.boolean(), false),
      prefix: v.optional(v.pipe(v.string(), v.regex(/^[\p{L}\p{N}_-]*$/u)), ''),
      perMinute: v.optional(count, 10),
    }),
    {},
  ),
  logging: v.optional(v.strictObject({ operational: level, audit: level }), {}),
});
