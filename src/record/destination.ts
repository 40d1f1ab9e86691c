/** A destination as it was written in a chat or a shell, worked out to a path and a format. Pure. */
import type { FormatId } from './formats/format.ts';
import type { Target } from './plan.ts';
import type { Recording } from './recording.ts';
import { normalise } from './write-policy.ts';

export interface DestinationContext {
  /** The session's working folder; absent when it is not known. */
  readonly cwd: string | undefined;
  readonly userHome: string;
  readonly isFolder: (path: string) => boolean;
  /** The file name in this folder. */
  readonly nameFor: (format: FormatId, folder: string) => string;
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
  if (isNamedFolder || isFolder(path)) return { path: `${path}/${nameFor('markdown', path)}`, format: 'markdown' };
  return { path, format: formatOf(path) };
}

/** A name that kato made up: it has the title of its time in it, so that another one may be made up later. */
const GENERATED = /--[0-9a-f]{8}(?:-\d+)?\.[a-z]+$/;

/** The name under which a session is recorded in a folder already, where kato chose it: it stays, whatever the title is. */
export function chosenName(
  recordings: readonly Pick<Recording, 'path' | 'format' | 'on'>[],
  format: FormatId,
  folder: string,
): string | undefined {
  const chosen = recordings
    .filter((one) => one.format === format && one.path.startsWith(`${folder}/`))
    .map(({ path, on }) => ({ name: path.slice(folder.length + 1), on }))
    .filter(({ name }) => !name.includes('/') && GENERATED.test(name));
  return (chosen.find(({ on }) => on) ?? chosen[0])?.name;
}

/** By the suffix; anything that is no format of ours is for the write policy to refuse. */
export function formatOf(path: string): FormatId {
  return path.toLowerCase().endsWith('.jsonl') ? 'jsonl' : 'markdown';
}
