/** What agents will delete soon, by their own settings, and whether it is kept here. */
import { dirname } from 'node:path';
import { parseJson } from '../core/json.ts';
import type { SourceFiles } from '../core/ports.ts';
import { isKept, type SourceRecord } from '../core/source.ts';
import type { FoundSource, ProviderRoot } from '../ingest/discovery.ts';
import { fileKey } from '../ingest/plan.ts';
import type { Provider } from '../providers/provider.ts';
import type { RetentionStatus } from './kato.ts';

export interface RetentionContext {
  readonly files: SourceFiles;
  readonly roots: readonly ProviderRoot[];
  readonly found: readonly FoundSource[];
  readonly sources: readonly SourceRecord[];
  readonly nowMs: number;
}

const DAY_MS = 86_400_000;
const SOON_DAYS = 7;
const MOST_SETTINGS_BYTES = 1024 * 1024;

/** By the shortest time that any of the provider's roots is given. */
export function retentionOf(provider: Provider, context: RetentionContext): RetentionStatus | undefined {
  const { retention } = provider;
  if (!retention) return undefined;
  const asked = context.roots
    .filter((root) => root.provider === provider && isThere(context.files, root.path))
    .map(({ path }) => {
      const settings = `${dirname(path)}/${retention.settings}`;
      return { path, settings, days: retention.days(readSettings(context.files, settings)) };
    });
  const limited = asked.flatMap((one) => (one.days === undefined ? [] : [{ ...one, days: one.days }]));
  const [shortest] = limited.sort((a, b) => a.days - b.days);
  if (!shortest) return undefined;
  const kept = new Set(context.sources.filter(isWhole).map((one) => fileKey(one.provider, one.stat)));
  const soon = limited.flatMap(({ path, days }) => {
    const from = context.nowMs - Math.max(0, days - SOON_DAYS) * DAY_MS;
    return context.found.filter((one) => one.root === path && Number(BigInt(one.stat.modifiedNs) / 1_000_000n) < from);
  });
  const unkept = soon.filter(({ stat }) => !kept.has(fileKey(provider.id, stat)));
  const { days, settings } = shortest;
  return { setting: retention.setting, days, settings, soon: soon.length, unkept: unkept.length };
}

function isThere(files: SourceFiles, path: string): boolean {
  try {
    return files.realPath(path) !== undefined;
  } catch {
    return false; // What cannot be looked into is reported as that.
  }
}

function isWhole(source: SourceRecord): boolean {
  return isKept(source) && source.checkpoint.endBytes > 0;
}

/** What cannot be read says nothing: then the agent does as it does without. */
function readSettings(files: SourceFiles, path: string): unknown {
  try {
    const file = files.open(path);
    if (!file) return undefined;
    try {
      const bytes = Buffer.alloc(Math.min(file.stat().sizeBytes, MOST_SETTINGS_BYTES));
      return parseJson(bytes.subarray(0, file.read(bytes, 0)).toString('utf8'));
    } finally {
      file.close();
    }
  } catch {
    return undefined;
  }
}
