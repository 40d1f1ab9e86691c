/** What tests ask of recordings in a home, and of the files that they are in. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import type { TestHome } from './cli.ts';

export interface RecordingJson {
  readonly id: string;
  readonly session: string;
  readonly path: string;
  readonly on: boolean;
}

export interface CommandJson {
  readonly line: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly paths: readonly string[];
}

export function recordings(home: TestHome): readonly RecordingJson[] {
  return home.json(['recordings']);
}

export function commands(home: TestHome): readonly CommandJson[] {
  return home.json(['commands']);
}

/** A file's text; empty while it is not there. */
export function text(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** Without the head, which has the session's title. */
export function body(path: string): string {
  return bodyOf(text(path));
}

function bodyOf(whole: string): string {
  return whole.replace(/^---\n.*?\n---\n/s, '');
}

export function times(path: string, words: string): number {
  return body(path).split(words).length - 1;
}

/** The file's body is what the recording should hold, byte for byte. The head is as it was when the file was made. */
export function assertWhole(home: TestHome, path: string): void {
  const all = recordings(home);
  const recording = all.find((one) => one.path === path);
  assert.ok(recording, `no recording of ${path} among ${all.map((one) => one.path)}`);
  assert.equal(body(path), bodyOf(home.ok(['export', '--recording', recording.id, '-o', '-'])));
}
