/**
 * Logs as JSON lines, rotated by size. Home paths are shortened; nothing here ever sees transcript text.
 * A log that cannot be written never stops the work: what it would have said is not worth more than the work itself.
 */
import { appendFileSync, mkdirSync, readdirSync, renameSync, statSync, truncateSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from '../core/errors.ts';
import type { CleanedLog, Clock, LogFiles, Logger, LogLevel } from '../core/ports.ts';

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
  if (sizeOf(file) < ROTATE_BYTES) return;
  shift(file);
}

function shift(file: string): void {
  for (let index = KEPT_FILES - 1; index > 0; index--) {
    const from = index === 1 ? file : `${file}.${index - 1}`;
    if (statSync(from, { throwIfNoEntry: false })) renameSync(from, `${file}.${index}`);
  }
}

/** The log files of kato's folder for them: what the daemon did, what it printed, and the audit log. */
export function createLogFiles(folder: string): LogFiles {
  return {
    clean({ dryRun }) {
      const removed = namesIn(folder)
        .filter((name) => /^(?:operational\.jsonl|daemon\.log)(?:\.\d+)?$/.test(name))
        .map((name): CleanedLog => ({ path: `${folder}/${name}`, bytes: sizeOf(`${folder}/${name}`), how: 'removed' }))
        .filter(({ path, bytes }) => bytes > 0 || !path.endsWith('.log'));
      const audit = `${folder}/audit.jsonl`;
      // A part that would push the oldest one out stays where it is.
      const hasRoom = !statSync(`${audit}.${KEPT_FILES - 1}`, { throwIfNoEntry: false });
      const rotated: CleanedLog[] =
        hasRoom && sizeOf(audit) > 0 ? [{ path: audit, bytes: sizeOf(audit), how: 'rotated' }] : [];
      if (dryRun) return [...removed, ...rotated];
      for (const { path } of removed) takeAway(path);
      if (rotated.length > 0) shift(audit);
      return [...removed, ...rotated];
    },
  };
}

/** What a daemon prints into stays there for it, and is emptied. */
function takeAway(path: string): void {
  if (path.endsWith('.log')) truncateSync(path);
  else unlinkSync(path);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
