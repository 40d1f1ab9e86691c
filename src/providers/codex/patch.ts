/** Changes of files: as a patch asks for them, and as Codex says that it made them. */
import type { Edit } from '../../core/event.ts';
import { field, isRecord, stringAt, textAt } from '../../core/json.ts';
import { scriptIn } from './tools.ts';

const HEADER = /^\*\*\* (Add|Update|Delete) File: (.+)$/;
const MOVE = /^\*\*\* Move to: (.+)$/;

/** The edits that an `apply_patch` input asks for. Absent when it is no such patch. */
export function patchEdits(patch: string): readonly Edit[] | undefined {
  const edits: Edit[] = [];
  let lines: string[] = [];
  let open: Edit | undefined;
  const close = () => {
    if (open) edits.push(lines.length > 0 ? { ...open, diff: lines.join('\n') } : open);
    lines = [];
    open = undefined;
  };
  for (const line of patch.split('\n')) {
    const [, verb, path] = HEADER.exec(line.trimEnd()) ?? [];
    const [, target] = MOVE.exec(line.trimEnd()) ?? [];
    if (verb !== undefined && path !== undefined) {
      close();
      open = { path, change: verb === 'Add' ? 'create' : verb === 'Delete' ? 'delete' : 'update' };
    } else if (open && target !== undefined) {
      open = { ...open, change: 'move', to: target };
    } else if (/^\*\*\* (?:Begin|End) Patch/.test(line)) {
      close();
    } else if (open && line !== '*** End of File') {
      lines.push(line);
    }
  }
  close();
  return edits.length > 0 ? edits : undefined;
}

/** The edits of a `FileChange` item or `patch_apply_end`: a change for each path. Absent when there is none. */
export function changedFiles(changes: unknown): readonly Edit[] | undefined {
  if (!isRecord(changes)) return undefined;
  const edits = Object.entries(changes).map(([path, change]): Edit => {
    const type = textAt(change, 'type');
    const to = textAt(change, 'move_path');
    const diff = stringAt(change, 'unified_diff') ?? wholeFile(type, stringAt(change, 'content'));
    return {
      path,
      change: type === 'add' ? 'create' : type === 'delete' ? 'delete' : to === undefined ? 'update' : 'move',
      ...(diff !== undefined && { diff }),
      ...(to !== undefined && { to }),
    };
  });
  return edits.length > 0 ? edits : undefined;
}

function wholeFile(type: string | undefined, content: string | undefined): string | undefined {
  if (content === undefined || content === '') return undefined;
  const lines = content.replace(/\n$/, '').split('\n');
  return type === 'delete'
    ? [`@@ -1,${lines.length} +0,0 @@`, ...lines.map((line) => `-${line}`)].join('\n')
    : [`@@ -0,0 +1,${lines.length} @@`, ...lines.map((line) => `+${line}`)].join('\n');
}

/** The patch that a call carries: free text, one of several fields, or, in 2025, all that a shell was asked to do. */
export function patchIn(input: unknown): string | undefined {
  const candidates = [input, field(input, 'input'), field(input, 'patch')];
  const given = candidates.find((text) => typeof text === 'string' && text.includes('*** Begin Patch'));
  return typeof given === 'string' ? given : shellPatch(scriptIn(input) ?? '');
}

/** A script with anything else in it is a command: what it changes, and where, is not for a patch to say. */
function shellPatch(script: string): string | undefined {
  const [, , , quoted] = HEREDOC.exec(script) ?? [];
  return quoted ?? ARGUMENT.exec(script)?.[1];
}

const HEREDOC = /^\s*apply_?patch\s*<<\s*(['"]?)(\w+)\1\s*\n(\*\*\* Begin Patch\n[\s\S]*?)\n\2\s*$/;
const ARGUMENT = /^apply_?patch (\*\*\* Begin Patch\n[\s\S]*)$/;
