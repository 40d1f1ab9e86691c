/**
 * How to read a file that may lie anywhere: by its place in a provider's layout, checked against its first record, or by
 * the first record alone.
 */
import type { SourceFiles } from '../core/ports.ts';
import type { Provider, SourceMatch } from '../providers/provider.ts';
import type { FoundSource } from './discovery.ts';
import { scanValue, skipSpace, toText } from './framing/scan.ts';

/** How much of a file is looked at. Whole documents are looked at whole, up to this size. */
const LOOK_BYTES = 4 * 1024 * 1024;

/** The file as a source of one of these providers; absent when none knows it. Throws the system's error. */
export function recogniseFile(
  files: SourceFiles,
  path: string,
  providers: readonly Provider[],
): FoundSource | undefined {
  const stat = files.stat(path);
  if (!stat) return undefined;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const placed = providers.flatMap((provider) => {
    const place = placeIn(provider, path);
    return place ? [{ provider, ...place }] : [];
  });
  const packed = placed.find(({ match }) => match.framing === 'jsonl.zst' || match.framing === 'rows');
  if (packed) return { ...packed, path, stat };
  const first = firstRecord(files, path);
  // A document that is not complete, or longer than the look, says nothing; its place does.
  const document = first === undefined && placed.find(({ match }) => match.framing === 'document');
  if (document) return { ...document, path, stat };
  for (const provider of providers) {
    const loose = first === undefined ? undefined : provider.recognise(first, name);
    if (!loose) continue;
    const place = placed.find((one) => one.provider === provider);
    if (place) return { ...place, path, stat };
    return { provider, root: path.slice(0, -name.length - 1), path, match: loose, stat, isLoose: true };
  }
  return undefined;
}

/** The longest end of the path that fits the provider's layout, and the root that it then lies below. */
export function placeIn(
  provider: Provider,
  path: string,
): { readonly root: string; readonly match: SourceMatch } | undefined {
  const parts = path.split('/');
  for (let count = Math.min(parts.length - 1, 8); count >= 1; count--) {
    const match = provider.match(parts.slice(-count).join('/'));
    if (match) return { root: parts.slice(0, -count).join('/'), match };
  }
  return undefined;
}

/** The first line that is JSON, or the whole document. */
function firstRecord(files: SourceFiles, path: string): unknown {
  const file = files.open(path);
  if (!file) return undefined;
  try {
    const bytes = Buffer.alloc(Math.min(file.stat().sizeBytes, LOOK_BYTES));
    const text = toText(bytes.subarray(0, file.read(bytes, 0))).replace(/^\ufeff/, '');
    return (
      parse(text) ??
      parse(firstValue(text)) ??
      text
        .split('\n', 20)
        .map(parse)
        .find((value) => typeof value === 'object' && value !== null)
    );
  } finally {
    file.close();
  }
}

/** The JSON value that the text begins with, whatever stands behind it; nothing if there is none. */
function firstValue(text: string): string {
  const bytes = Buffer.from(text);
  const scan = scanValue(bytes, skipSpace(bytes, 0));
  return scan.kind === 'complete' ? toText(bytes.subarray(0, scan.end)) : '';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not this way: the caller tries another, or gives up.
  }
}
