/** A small home with a session of each agent: short enough for one run a system call. */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { FIXTURES } from '../support/cli.ts';

const PLACES = [
  ['claude-code', 'plain', '.claude/projects'],
  ['claude-code', 'damaged', '.claude/projects'],
  ['claude-code', 'fork-new-ids', '.claude/projects'],
  ['claude-code', 'fork-branch', '.claude/projects'],
  ['codex', 'rewind', '.codex'],
  ['gemini-cli', 'lines', '.gemini/tmp'],
  ['gemini-cli', 'document', '.gemini/tmp'],
  ['gencode', 'rewritten', '.gen/projects'],
] as const;

export function sampleHome(folder: string): string {
  for (const [provider, name, place] of PLACES) {
    mkdirSync(join(folder, place), { recursive: true });
    cpSync(join(FIXTURES, provider, name, 'input'), join(folder, place), { recursive: true });
  }
  return folder;
}
