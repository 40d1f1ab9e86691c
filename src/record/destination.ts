/** A destination as it was written in a chat or a shell, worked out to a path and a format. Pure. */
import type { FormatId } from './formats/format.ts';
import type { Target } from './plan.ts';
import { normalise } from './write-policy.ts';

export interface DestinationContext {
  /** The session's working folder; absent when it is not known. */
  readonly cwd: string | undefined;
  readonly userHome: string;
  readonly isFolder: (path: string) => boolean;
  /** The file name for a folder. */
  readonly nameFor: (format: FormatId) => string;
}

export function resolveDestination(
  dest: string,
  { cwd, userHome, isFolder, nameFor }: DestinationContext,
): Target | { readonly error: string } {
  const isHome = dest === '~' || dest.startsWith('~/');
  const isAbsolute = dest.startsWith('/') || isHome;
  if (!isAbsolute && cwd === undefined) return { error: "the path is relative, and the session's folder is not known" };
  const whole = isHome ? userHome + dest.slice(1) : isAbsolute ? dest : `${cwd}/${dest}`;
  const path = normalise(whole);
  const isNamedFolder = /(?:^|\/)\.{0,2}$/.test(dest) || (isHome && dest === '~');
  if (isNamedFolder || isFolder(path)) return { path: `${path}/${nameFor('markdown')}`, format: 'markdown' };
  return { path, format: formatOf(path) };
}

/** By the suffix; anything that is no format of ours is for the write policy to refuse. */
export function formatOf(path: string): FormatId {
  return path.toLowerCase().endsWith('.jsonl') ? 'jsonl' : 'markdown';
}
