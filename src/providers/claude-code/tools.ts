/** Tool calls and results: what people want to see of them, for the tools that Claude Code brings. */
import type { Edit, Payload } from '../../core/event.ts';
import { at, field, isRecord, listAt, numberAt, stringAt, textAt } from '../../core/json.ts';

/** What a call does, in one line. */
export function describeCall(name: string, input: unknown): string | undefined {
  const key = DESCRIBED_BY[name] ?? [];
  for (const candidate of [...key, 'description', 'file_path', 'path', 'pattern', 'query', 'url', 'command']) {
    const text = textAt(input, candidate)?.split('\n')[0]?.trim();
    if (text) return text;
  }
  return undefined;
}

const DESCRIBED_BY: Readonly<Record<string, readonly string[]>> = {
  Bash: ['description', 'command'],
  Read: ['file_path'],
  Edit: ['file_path'],
  MultiEdit: ['file_path'],
  Write: ['file_path'],
  NotebookEdit: ['notebook_path'],
  Grep: ['pattern'],
  Glob: ['pattern'],
  Task: ['description'],
  Agent: ['description'],
  Skill: ['skill', 'command'],
  WebFetch: ['url'],
  WebSearch: ['query'],
};

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

/** The exit status of a shell command, where the record has one. */
export function exitCodeOf(result: unknown, text: string): number | undefined {
  const stated = numberAt(result, 'exitCode') ?? numberAt(result, 'code');
  if (stated !== undefined && Number.isSafeInteger(stated) && !isRecord(field(result, 'file'))) return stated;
  const [, digits] = /^(?:Error: )?Exit code (\d{1,3})(?:\n|$)/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

export type Question = Payload<'assistant.decision.prompt'>;

/** The questions of an AskUserQuestion call or result. */
export function questionsOf(
  value: unknown,
): readonly { question: string; header?: string; multiSelect?: boolean; options: Question['options'] }[] {
  return listAt(value, 'questions').flatMap((item) => {
    const question = textAt(item, 'question');
    if (question === undefined) return [];
    const options = listAt(item, 'options').flatMap((option) => {
      const label = textAt(option, 'label');
      const description = textAt(option, 'description');
      return label === undefined ? [] : [{ label, ...(description !== undefined && { description }) }];
    });
    const header = textAt(item, 'header');
    const isMulti = at(item, 'multiSelect') === true;
    return [{ question, options, ...(header !== undefined && { header }), ...(isMulti && { multiSelect: true }) }];
  });
}

/** A chosen answer taken apart: labels that were offered, and words that were not. */
export function splitAnswer(answer: string, labels: readonly string[]): { selections: string[]; freeText?: string } {
  if (labels.includes(answer)) return { selections: [answer] };
  const selections: string[] = [];
  let rest = answer;
  for (;;) {
    const label = [...labels]
      .sort((a, b) => b.length - a.length)
      .find((one) => rest === one || rest.startsWith(`${one}, `));
    if (label === undefined) break;
    selections.push(label);
    rest = rest.slice(label.length).replace(/^, /, '');
  }
  return rest === '' ? { selections } : { selections, freeText: rest };
}
