/**
 * Logs as JSON lines, rotated by size. Home paths are shortened; nothing here ever sees transcript text.
 * A log that cannot be written never stops the work: what it would have said is not worth more than the work itself.
 */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock, Logger, LogLevel } from '../core/ports.ts';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const ROTATE_BYTES = 5 * 1024 * 1024;
const KEPT_FILES = 5;

export interface LoggerOptions {
  readonly file: string;
  /** Events below this level are not written. */
  readonly least: LogLevel;
  readonly clock: Clock;
  /** The user's home folder, written as `~`. */
  readonly userHome: string;
}

export function createFileLogger({ file, least, clock, userHome }: LoggerOptions): Logger {
  const home = naming(userHome);
  return {
    log(level, event, facts = {}) {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
      const line = JSON.stringify({ time: clock.now(), level, event, ...shorten(facts, home) });
      try {
        mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
        rotate(file);
        appendFileSync(file, `${line}\n`, { mode: 0o600 });
      } catch {
        // A full or read-only disk: the command itself reports that.
      }
    },
  };
}

function shorten(facts: Readonly<Record<string, unknown>>, home: RegExp): Record<string, unknown> {
  const entries = Object.entries(facts).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === 'string' ? value.replace(home, '~') : value]),
  );
}

/** The folder wherever it is named, but not one whose name only begins like it. */
function naming(folder: string): RegExp {
  const literal = folder.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return folder.length > 1 ? new RegExp(`${literal}(?![\\w.-])`, 'g') : /(?!)/g;
}

function rotate(file: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size < ROTATE_BYTES) return;
  for (let index = KEPT_FILES - 1; index > 0; index--) {
    const from = index === 1 ? file : `${file}.${index - 1}`;
    if (statSync(from, { throwIfNoEntry: false })) renameSync(from, `${file}.${index}`);
  }
}
