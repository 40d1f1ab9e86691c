/**
 * Who records where. A file that is being recorded to belongs to one conversation: what two sessions say, in turns, would
 * be nobody's. A session and those that it continues are one conversation.
 */
import type { SessionKey } from '../core/session.ts';
import type { RecorderParts } from './parts.ts';
import type { Recording } from './recording.ts';

interface Registry {
  readonly recordings: () => readonly (Recording & { readonly session: SessionKey })[];
  readonly hasBegun: (recording: string) => boolean;
}

export class Claims {
  readonly #parts: Pick<RecorderParts, 'files' | 'linkOf'>;
  readonly #registry: Registry;
  /** Recordings that are about to begin. */
  readonly #beginning = new Set<string>();

  constructor(parts: Pick<RecorderParts, 'files' | 'linkOf'>, registry: Registry) {
    this.#parts = parts;
    this.#registry = registry;
  }

  /** Claims its file for a recording. False when another conversation is being recorded there. */
  async take(key: SessionKey, recording: Recording): Promise<boolean> {
    const others = this.#othersAt(recording); // Nobody else has a turn between this and the claim.
    if (others.length === 0) this.#beginning.add(recording.id);
    if (others.length === 0) return true;
    const own = await this.#conversationOf(key);
    for (const { session } of others) if ((await this.#conversationOf(session)) !== own) return false;
    return true;
  }

  #othersAt({ id, path }: Recording): readonly (Recording & { readonly session: SessionKey })[] {
    const name = nameIn(path);
    const real = this.#realPath(path);
    return this.#registry
      .recordings()
      .filter((one) => one.on && one.id !== id && nameIn(one.path) === name && this.#realPath(one.path) === real)
      .filter((one) => this.#registry.hasBegun(one.id) || this.#beginning.has(one.id));
  }

  #realPath(path: string): string {
    const folder = path.slice(0, path.lastIndexOf('/'));
    return `${this.#parts.files.resolve(folder) ?? folder}/${nameIn(path)}`;
  }

  /** The first session of the conversation. */
  async #conversationOf({ provider, nativeId }: SessionKey): Promise<string> {
    const seen = new Set<string>();
    let first = nativeId;
    while (!seen.has(first)) {
      seen.add(first);
      const link = await this.#parts.linkOf({ provider, nativeId: first });
      if (link?.parent.relation === 'continuation') first = link.parent.nativeId;
    }
    return `${provider}\0${first}`;
  }
}

function nameIn(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
