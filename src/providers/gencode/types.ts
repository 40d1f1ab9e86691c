/**
 * The record types of all generations, as the source of gencode 1.15 and of San writes them, seen in November 2026.
 * The first generation rewrites its file with every save; all later ones append.
 */

const REWRITING: ReadonlySet<string> = new Set(['transcript.started', 'transcript.compacted', 'transcript.forked']);

/** Types that no generation gave up. */
const COMMON: ReadonlySet<string> = new Set(['message.appended', 'state.patched']);

const APPENDING: ReadonlySet<string> = new Set([
  'session.started',
  'session.forked',
  'session.compacted',
  'session.state.patched',
  'inference.requested',
  'inference.responded',
  'inference.failed',
  'system.section.added',
  'system.section.removed',
  'tool.added',
  'tool.removed',
  'tools.added',
  'tools.removed',
  'hook.fired',
  'permission.required',
  'permission.decided',
  'skill.state.changed',
  'notice.added',
]);

export function isKnownType(type: string): boolean {
  return REWRITING.has(type) || COMMON.has(type) || APPENDING.has(type);
}

/** Whether only a version that appends can have written such a record. */
export function isOfAppender(type: string): boolean {
  return APPENDING.has(type);
}
