/** Tool calls and results: what people want to see of them, for the tools that Claude Code brings. */
import type { Edit } from '../../core/event.ts';
import { listAt, numberAt, stringAt, textAt } from '../../core/json.ts';

/** What a call does, in one line. */
export function describeCall(name: string, input: unknown): string | undefined {
  const keys = DESCRIBED_BY.get(name) ?? [];
  for (const candidate of [...keys, 'description', 'file_path', 'path', 'pattern', 'query', 'url', 'command']) {
    const text = textAt(input, candidate)?.split('\n')[0]?.trim();
    if (text) return text;
  }
  return undefined;
}

const DESCRIBED_BY: ReadonlyMap<string, readonly string[]> = new Map([
  ['Bash', ['description', 'command']],
  ['NotebookEdit', ['notebook_path']],
  ['Skill', ['skill', 'command']],
]);

/** Files that a result says were changed, with the diff that Claude Code made itself. */
export function editsOf(result: unknown): readonly Edit[] | undefined {
  const path = textAt(result, 'filePath');
  const hunks = listAt(result, 'structuredPatch');
  if (path === undefined || (hunks.length === 0 && textAt(result, 'type') !== 'create')) return undefined;
  const isNew = textAt(result, 'type') === 'create';
  const diff =
    isNew && hunks.length === 0 ? addedLines(stringAt(result, 'content') ?? '') : hunks.map(hunkText).join('\n');
  return [{ path, change: isNew ? 'create' : 'update', diff }];
}

function hunkText(hunk: unknown): string {
  const range = (sign: string, side: 'old' | 'new') =>
    `${sign}${numberAt(hunk, `${side}Start`) ?? 0},${numberAt(hunk, `${side}Lines`) ?? 0}`;
  const lines = listAt(hunk, 'lines').filter((line) => typeof line === 'string');
  return [`@@ ${range('-', 'old')} ${range('+', 'new')} @@`, ...lines].join('\n');
}

function addedLines(text: string): string {
  const lines = text.replace(/\n$/, '').split('\n');
  return [`@@ -0,0 +1,${lines.length} @@`, ...lines.map((line) => `+${line}`)].join('\n');
}

/** Edits as a call asks for them; shown where the result does not say what was done. */
export function requestedEdits(name: string, input: unknown): readonly Edit[] | undefined {
  const path = textAt(input, 'file_path');
  if (path === undefined) return undefined;
  if (name === 'Write') return [{ path, change: 'create', diff: addedLines(stringAt(input, 'content') ?? '') }];
  const pairs = name === 'Edit' ? [input] : name === 'MultiEdit' ? listAt(input, 'edits') : [];
  const replaced = pairs.flatMap((pair) => {
    const [before, after] = [stringAt(pair, 'old_string'), stringAt(pair, 'new_string')];
    return before === undefined || after === undefined ? [] : [replacement(before, after)];
  });
  return replaced.length === 0 ? undefined : [{ path, change: 'update', diff: replaced.join('\n') }];
}

function replacement(before: string, after: string): string {
  const removed = before === '' ? [] : before.split('\n').map((line) => `-${line}`);
  const added = after === '' ? [] : after.split('\n').map((line) => `+${line}`);
  return ['@@', ...removed, ...added].join('\n');
}

/** The exit status of a shell command, where the record has one. `code` is another thing: the status of a web page. */
export function exitCodeOf(result: unknown, text: string): number | undefined {
  const stated = numberAt(result, 'exitCode') ?? numberAt(result, 'task', 'exitCode');
  if (stated !== undefined && Number.isSafeInteger(stated)) return stated;
  const [, digits] = /^(?:Error: )?Exit code (\d{1,3})(?:\n|$)/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
