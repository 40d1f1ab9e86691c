/**
 * A tree of session files for measuring: shapes and sizes as agents write them, words from a seeded generator.
 *
 * Of the sessions, six in ten are Claude Code's, three Codex's, one Gemini CLI's. Sizes spread over three orders of
 * magnitude around the mean; about 2 kB a line. The words compress about as well as real transcripts do.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Random } from './random.ts';
import { claudeRecords } from './sessions/claude.ts';
import { codexRecords } from './sessions/codex.ts';
import { geminiRecords } from './sessions/gemini.ts';

export interface TreeOptions {
  readonly folder: string;
  readonly sessions: number;
  readonly bytes: number;
  readonly seed: number;
}

export interface Tree {
  readonly folder: string;
  readonly files: readonly string[];
  readonly bytes: number;
}

const LEAST_BYTES = 2_000;

/** Writes the tree. */
export function generateTree({ folder, sessions, bytes, seed }: TreeOptions): Tree {
  const random = new Random(seed);
  const weights = Array.from({ length: sessions }, () => Math.exp(1.4 * gauss(random)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const files: string[] = [];
  let written = 0;
  for (const [index, weight] of weights.entries()) {
    const { path, records } = newSession(random, new Date(Date.UTC(2026, 0, 1) + index * 3_600_000));
    const file = join(folder, path);
    written += writeRecords(file, records, Math.max(LEAST_BYTES, Math.round((weight / total) * bytes)));
    files.push(file);
  }
  return { folder, files, bytes: written };
}

function gauss(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

function newSession(random: Random, start: Date): { readonly path: string; readonly records: Iterable<unknown> } {
  const kind = random.below(10);
  const stamp = start.toISOString().slice(0, 19).replaceAll(':', '-');
  if (kind < 6) {
    const id = random.uuid();
    const project = `-home-ann-work-project-${random.below(40)}`;
    return { path: `claude/projects/${project}/${id}.jsonl`, records: claudeRecords(random, id, start) };
  }
  if (kind < 9) {
    const id = random.uuid();
    const day = stamp.slice(0, 10).replaceAll('-', '/');
    return { path: `codex/sessions/${day}/rollout-${stamp}-${id}.jsonl`, records: codexRecords(random, id, start) };
  }
  const id = random.uuid();
  const chats = `gemini/.gemini/tmp/project-${random.below(20)}/chats`;
  return {
    path: `${chats}/session-${stamp.slice(0, 16)}-${id.slice(0, 8)}.jsonl`,
    records: geminiRecords(random, id, start),
  };
}

const FLUSH_CHARACTERS = 1_000_000;

/** Writes records, one a line, until the file has about the wanted size; its bytes. */
export function writeRecords(path: string, records: Iterable<unknown>, wantedBytes: number): number {
  mkdirSync(dirname(path), { recursive: true });
  const handle = openSync(path, 'w');
  let bytes = 0;
  let pending = '';
  for (const record of records) {
    pending += `${JSON.stringify(record)}\n`;
    const isEnough = bytes + pending.length >= wantedBytes;
    if (!isEnough && pending.length < FLUSH_CHARACTERS) continue;
    bytes += writeSync(handle, pending);
    pending = '';
    if (isEnough) break;
  }
  closeSync(handle);
  return bytes;
}
