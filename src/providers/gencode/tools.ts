/** Tool calls and results: what people want to see of them, for the tools that the agent brings. */
import type { Edit } from '../../core/event.ts';
import { listAt, stringAt, textAt } from '../../core/json.ts';

const DESCRIBED_BY = ['description', 'command', 'file_path', 'path', 'pattern', 'query', 'url', 'prompt'] as const;

/** What a call does, in one line. */
export function describeCall(input: unknown): string | undefined {
  for (const key of DESCRIBED_BY) {
    const line = textAt(input, key)?.split('\n')[0]?.trim();
    if (line) return line;
  }
  return undefined;
}

/** The edits that a call asks for; shown where the result does not say what was done. */
export function requestedEdits(name: string, input: unknown): readonly Edit[] | undefined {
  const path = textAt(input, 'file_path') ?? textAt(input, 'path');
  if (path === undefined) return undefined;
  if (name === 'Write') {
    const lines = linesOf(stringAt(input, 'content')).map((line) => `+${line}`);
    return [{ path, change: 'create', diff: [`@@ -0,0 +1,${lines.length} @@`, ...lines].join('\n') }];
  }
  if (name !== 'Edit') return undefined;
  const several = listAt(input, 'edits');
  const hunks = (several.length > 0 ? several : [input]).map(hunkText);
  return [{ path, change: 'update', diff: hunks.join('\n') }];
}

/** One replacement; its place in the file is not known. */
function hunkText(edit: unknown): string {
  const removed = linesOf(stringAt(edit, 'oldText') ?? stringAt(edit, 'old_string')).map((line) => `-${line}`);
  const added = linesOf(stringAt(edit, 'newText') ?? stringAt(edit, 'new_string')).map((line) => `+${line}`);
  return ['@@', ...removed, ...added].join('\n');
}

function linesOf(text = ''): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** `edit_details` of a result: the file that was changed, with the diff that the agent made itself. */
export function editsOf(details: unknown): readonly Edit[] | undefined {
  const path = textAt(details, 'path') ?? textAt(details, 'Path');
  const diff = stringAt(details, 'unifiedDiff') ?? stringAt(details, 'UnifiedDiff');
  if (path === undefined || diff === undefined) return undefined;
  const hunks = diff.search(/^@@/m);
  const isNew = /^@@ -0,0 /m.test(diff);
  return [{ path, change: isNew ? 'create' : 'update', diff: hunks < 0 ? '' : diff.slice(hunks).trimEnd() }];
}

/** A command that failed says so in its last line; one that did not says nothing of its status. */
export function exitCodeOf(text: string): number | undefined {
  const [, code] = /(?:^|\n)Error: exit code (\d{1,10})\s*$/.exec(text.slice(-64)) ?? [];
  return code === undefined ? undefined : Number(code);
}
