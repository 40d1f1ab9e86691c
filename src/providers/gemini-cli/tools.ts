/** Tool calls and results: what people want to see of them, for the tools that Gemini CLI brings. */
import type { Edit } from '../../core/event.ts';
import { booleanAt, field, isRecord, listAt, stringAt, textAt } from '../../core/json.ts';

/** Longer ones are the tool's own manual, which early versions wrote with every call. */
const DESCRIPTION_LENGTH = 160;
/** The manual of a tool that has no words for its calls: 0.61, `complete_task`. */
const SHORT_MANUAL = /^Call this tool to /;

/** What a call does, in one line. */
export function describeCall(call: unknown, input: unknown): string | undefined {
  const written = textAt(call, 'description')?.trim() ?? '';
  if (written !== '' && !isManual(written)) return written;
  for (const key of DESCRIBING) {
    const line = textAt(input, key)?.split('\n')[0]?.trim();
    if (line) return line;
  }
  return undefined;
}

function isManual(description: string): boolean {
  return description.length > DESCRIPTION_LENGTH || description.includes('\n') || SHORT_MANUAL.test(description);
}

const DESCRIBING = [
  'command',
  'description',
  'file_path',
  'absolute_path',
  'dir_path',
  'path',
  'pattern',
  'query',
  'prompt',
];

/** The file that a result says was changed, with the diff that the agent made itself. */
export function editsOf(display: unknown): readonly Edit[] | undefined {
  const diff = stringAt(display, 'fileDiff');
  const path = textAt(display, 'filePath') ?? textAt(display, 'fileName');
  if (diff === undefined || path === undefined) return undefined;
  const isNew = booleanAt(display, 'isNewFile') ?? field(display, 'originalContent') === null;
  const hunks = diff.search(/^@@/m);
  return [{ path, change: isNew ? 'create' : 'update', diff: hunks < 0 ? '' : diff.slice(hunks).trimEnd() }];
}

/** The edit that a call asks for; shown where the result does not say what was done. */
export function requestedEdits(name: string, input: unknown): readonly Edit[] | undefined {
  const path = textAt(input, 'file_path');
  if (path === undefined) return undefined;
  if (name === 'write_file') {
    const lines = (stringAt(input, 'content') ?? '').replace(/\n$/, '').split('\n');
    const diff = [`@@ -0,0 +1,${lines.length} @@`, ...lines.map((line) => `+${line}`)].join('\n');
    return [{ path, change: 'create', diff }];
  }
  const [before, after] = [stringAt(input, 'old_string'), stringAt(input, 'new_string')];
  if (name !== 'replace' || before === undefined || after === undefined) return undefined;
  const removed = before === '' ? [] : before.split('\n').map((line) => `-${line}`);
  const added = after === '' ? [] : after.split('\n').map((line) => `+${line}`);
  return [{ path, change: 'update', diff: ['@@', ...removed, ...added].join('\n') }];
}

/** What a tool said, without what is put around it for the model; for a shell command, with the exit status if stated. */
export function plainOutput(name: string, text: string, display: unknown): { text: string; exitCode?: number } {
  const inner = UNTRUSTED.exec(text)?.[1] ?? text;
  if (!SHELL_TOOLS.has(name)) return { text: inner };
  if (inner.startsWith('Output: ')) return shellOutput(inner.slice('Output: '.length), display);
  const field = inner.lastIndexOf(EXIT_CODE);
  const stated = field < 0 ? undefined : /^\d{1,10}$/m.exec(inner.slice(field + EXIT_CODE.length, field + 64))?.[0];
  return { text: inner, ...(stated !== undefined && { exitCode: Number(stated) }) };
}

const UNTRUSTED = /^<untrusted_context>\n([\s\S]*)\n<\/untrusted_context>\s*$/;
const SHELL_TOOLS: ReadonlySet<string> = new Set(['run_shell_command', 'shell']);
const EXIT_CODE = '\nExit Code: ';

/**
 * Since about 0.30 a shell command gives `Output: …` and then those fields that say something. The exit status is told
 * apart, the process group is of no use to anybody; the others stay. Early versions give all fields, always, before and
 * after the output: that text stays as it is.
 */
function shellOutput(body: string, display: unknown): { text: string; exitCode?: number } {
  // What the person was shown is the output itself: its own last lines may look like the fields.
  const shown = typeof display === 'string' && body.startsWith(display) ? display.length : 0;
  const fields = FIELDS.exec(body.slice(shown));
  const output = body.slice(0, shown + (fields?.index ?? body.length));
  const text = (output === '(empty)' ? '' : output) + (fields?.[2] ?? '');
  const exitCode = fields?.[1] === undefined ? undefined : Number(fields[1]);
  return { text, ...(exitCode !== undefined && { exitCode }) };
}

const FIELDS =
  /(?:\nExit Code: (\d{1,10}))?((?:\nSignal: \S+)?(?:\nBackground PIDs: [\d, ]+)?)(?:\nProcess Group PGID: \d+)?$/;

/** What a person is shown of a result, as text: for results that have nothing else. */
export function displayText(display: unknown): string {
  if (typeof display === 'string') return display;
  if (Array.isArray(display)) return screenText(display);
  if (!isRecord(display)) return '';
  const todos = listAt(display, 'todos').map(
    (todo) => `[${textAt(todo, 'status') ?? ' '}] ${textAt(todo, 'description') ?? ''}`,
  );
  return (
    stringAt(display, 'fileDiff') ?? stringAt(display, 'result') ?? stringAt(display, 'summary') ?? todos.join('\n')
  );
}

/** Rows of a terminal, each a list of runs of equal style. */
function screenText(rows: readonly unknown[]): string {
  const lines = rows.map((row) =>
    (Array.isArray(row) ? row : [])
      .map((run) => stringAt(run, 'text') ?? '')
      .join('')
      .trimEnd(),
  );
  return lines.join('\n').trimEnd();
}
