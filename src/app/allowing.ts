/** How a folder becomes one where kato may write: in words, from the settings as their file has them now. */
import { isWithin } from './select.ts';

/** What is known of the settings' file. */
export interface RootsInFile {
  /** `write.roots` as the file has it now: a daemon goes on with what it began with. */
  readonly rootsInFile: () => Promise<readonly string[]>;
  readonly userHome: string;
}

/** What allows writing into this folder, and keeps what is allowed already. */
export async function howToAllow(folder: string, { rootsInFile, userHome }: RootsInFile): Promise<string> {
  const roots = await rootsInFile();
  if (roots.some((root) => isWithin(folder, root)))
    return '`kato restart`: the settings allow the folder, and the daemon began before they did';
  const all = [...roots, folder].map((path) => JSON.stringify(shorten(path, userHome)));
  return `\`kato config set write.roots ${quoted(`[${all.join(', ')}]`)}\` allows the folder`;
}

function shorten(path: string, userHome: string): string {
  return path.startsWith(`${userHome}/`) ? `~${path.slice(userHome.length)}` : path;
}

/** A word for a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
