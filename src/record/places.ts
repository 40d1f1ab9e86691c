/**
 * From a path to the place where it may be written: by its name, and then by where it really is.
 *
 * A root may be a link, and is resolved once, when something is first written there. From then on it is that folder: one
 * that was swapped for a link meanwhile leads nowhere. The rules of `write-policy.ts` hold for the real path as they do
 * for the name, so that no link leads into kato's own folder, into those of agents, or from a project to the user's home.
 */
import type { DestinationFiles } from '../core/ports.ts';
import type { Place } from './recording-file.ts';
import { type DenialCause, judge, type RootKind, type WritePolicy, type WriteRoot } from './write-policy.ts';

export type Placed =
  | { readonly allowed: true; readonly place: Place & { readonly kind: RootKind }; readonly root: WriteRoot }
  | { readonly allowed: false; readonly reason: string; readonly cause: DenialCause; readonly root?: WriteRoot };

export class Places {
  readonly #files: Pick<DestinationFiles, 'resolve'>;
  readonly #granted = new Map<string, string>();
  /** Folders that are closed, by the names in the settings. */
  readonly #closed = new Map<string, string>();

  constructor(files: Pick<DestinationFiles, 'resolve'>) {
    this.#files = files;
  }

  /** Where this absolute path may be written, if it may be. */
  find(path: string, policy: WritePolicy): Placed {
    const named = judge(path, policy);
    if (!named.allowed) return named;
    const { root, components } = named;
    const known = this.#granted.get(root.path);
    const real = this.#files.resolve(known ?? root.path);
    if (real === undefined) return { allowed: false, reason: 'the folder does not exist', cause: 'missing', root };
    if (known !== undefined && real !== known)
      return { allowed: false, reason: 'its folder has become a link to another one', cause: 'moved', root };
    const verdict = judge(`${real}/${components.join('/')}`, this.#really(policy, { ...root, path: real }));
    if (!verdict.allowed) return verdict;
    this.#granted.set(root.path, real);
    return { allowed: true, place: { root: real, components, kind: root.kind }, root };
  }

  #really({ katoHome, userHome, agentFolders }: WritePolicy, root: WriteRoot): WritePolicy {
    const resolve = (path: string) => {
      const real = this.#closed.get(path) ?? this.#files.resolve(path);
      if (real !== undefined) this.#closed.set(path, real);
      return real ?? path;
    };
    return {
      roots: [root],
      katoHome: resolve(katoHome),
      userHome: resolve(userHome),
      agentFolders: agentFolders.map(resolve),
    };
  }
}

/** A path for logs: a generated name has the title in it, and that is a part of the conversation. */
export function withoutTitle(path: string): string {
  return path.replace(/(?<=\/)(\d{4}-\d\d-\d\d_\d{4}-)?[^/]*(?=--[0-9a-f]{8}(?:-\d+)?\.[a-z]+$)/, '$1…');
}
