/**
 * Who wrote a text of type `user`? Gemini CLI uses it for people, for context, and for nudges to the model; how a text
 * begins tells them apart. What a person typed stands in `displayContent` where it differs from what the model got.
 *
 * Source: what 0.8 to 0.61 write, seen in November 2026.
 */

type Voice =
  /** A person's words, and what the harness added to them. */
  | { readonly kind: 'person'; readonly text: string; readonly context: readonly Context[] }
  /** A slash command, or a shell command (`!`) with its output, that a person typed. */
  | { readonly kind: 'command'; readonly text: string; readonly output?: string }
  | { readonly kind: 'injected'; readonly subtype: string; readonly origin: 'injected' | 'summary' };

interface Context {
  readonly subtype: string;
  readonly text: string;
}

const SNAPSHOT = '<state_snapshot>';
export const REFERENCES = '--- Content from referenced files ---';

/** Beginnings of text that the harness wrote, and what it is. */
const INJECTED: readonly (readonly [prefix: string, subtype: string])[] = [
  ['<session_context>', 'session-context'],
  ['This is the Gemini CLI. We are setting up the context for our chat', 'session-context'],
  ['- **Workspace Directories:**\n', 'directory-context'],
  ["I'm currently working in the directory:", 'directory-context'],
  ["I'm currently working in the following directories:", 'directory-context'],
  ['<hook_context>', 'hook'],
  ['<tool_output_masked>', 'tool-output-masked'],
  ['<system_note>', 'system-note'],
  ["Here is the user's editor context as a JSON object", 'editor-context'],
  ["Here is a summary of changes in the user's editor context", 'editor-context'],
  ['System: Potential loop detected', 'loop-warning'],
  ['[System: You ', 'nudge'],
  ['User hints:\n<user_input>', 'steering-copy'],
  ['Background execution update:\n<background_output>', 'background'],
  ['User has manually exited Plan Mode. Switching to ', 'mode'],
];
/** Whole texts of the harness. */
const NUDGES: ReadonlySet<string> = new Set(['Please continue.', 'System: Please continue.']);

export function hear(raw: string): Voice {
  const text = raw.trim();
  if (isSnapshot(text)) return { kind: 'injected', subtype: 'compact-summary', origin: 'summary' };
  const injected = INJECTED.find(([prefix]) => text.startsWith(prefix));
  if (injected) return { kind: 'injected', subtype: injected[1], origin: 'injected' };
  if (NUDGES.has(text)) return { kind: 'injected', subtype: 'nudge', origin: 'injected' };
  const shell = SHELL_COMMAND.exec(text);
  if (shell) return { kind: 'command', text: `! ${unescaped(shell[1])}`, output: unescaped(shell[2]) };
  const steering = STEERING.exec(text);
  if (steering) return steered(steering[1] ?? '', text.slice(steering[0].length).trim());
  if (isSlashCommand(text)) return { kind: 'command', text: raw };
  return withoutContext(raw);
}

/** The summary that a compaction leaves of the older conversation. */
export function isSnapshot(text: string): boolean {
  const start = text.trimStart();
  return start.startsWith(SNAPSHOT) || (start.startsWith('<scratchpad>') && start.includes(SNAPSHOT));
}

/** What the agent tells the model about machine and folder, first thing in a session. */
export function isSessionContext(text: string): boolean {
  const voice = hear(text);
  return voice.kind === 'injected' && voice.subtype === 'session-context';
}

const SHELL_COMMAND =
  /^I (?:ran|executed) the following shell command:\n```(?:sh)?\n([\s\S]*?)\n```\n\nThis produced the following result:\n```\n([\s\S]*?)\n?```$/;

/** Back-quotes and backslashes are escaped in what is told of a shell command. */
function unescaped(text = ''): string {
  return text.replace(/\\([\\`])/g, '$1');
}

/** A correction that a person typed while the agent was busy, and the instruction that the harness adds to it. */
const STEERING = /^User steering update:\n<user_input>\n([\s\S]*?)\n<\/user_input>/;

function steered(text: string, instruction: string): Voice {
  return { kind: 'person', text, context: instruction === '' ? [] : [{ subtype: 'steering', text: instruction }] };
}

/** Commands of the agent itself. `//` and `/*` begin a comment in code: the agent sends those to the model. */
export function isSlashCommand(text: string): boolean {
  const start = text.trimStart();
  if (start.startsWith('?')) return true;
  return start.startsWith('/') && !start.startsWith('//') && !start.startsWith('/*');
}

const HOOK = '<hook_context>';

/** Context stands behind the words; what is left is what the person wrote, as written. */
function withoutContext(raw: string): Voice {
  const context: Context[] = [];
  let text = raw;
  const hook = text.indexOf(HOOK);
  if (hook > 0 && text.trimEnd().endsWith('</hook_context>')) {
    context.push({ subtype: 'hook', text: text.slice(hook).trim() });
    text = text.slice(0, hook).trimEnd();
  }
  const references = text.indexOf(`\n${REFERENCES}`);
  if (references >= 0) {
    context.unshift({ subtype: 'references', text: text.slice(references + 1) });
    text = text.slice(0, references);
  }
  return { kind: 'person', text, context };
}
