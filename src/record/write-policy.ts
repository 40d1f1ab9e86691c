/**
 * Where kato may write. Pure rules over names. They are asked twice: of the path as it was written, and of where it
 * really is (`places.ts`). That no link is followed below a root is the file system's part (`platform/destinations.ts`),
 * at the time of opening.
 *
 * A destination lies in a root that was granted: kato's own recordings, a folder the user named, or the working folder
 * of the session itself. It ends in `.md`, `.markdown` or `.jsonl`. It is never hidden, never one of the files that
 * steer agents or people, and never has a name that means something else on another system: text that is pasted into a
 * chat must not be able to plant instructions.
 */

export type RootKind = 'recordings' | 'configured' | 'project';

export interface WriteRoot {
  readonly kind: RootKind;
  /** Absolute, without a trailing slash. */
  readonly path: string;
}

export interface WritePolicy {
  readonly roots: readonly WriteRoot[];
  /** kato's home folder, absolute: nothing below it but its recordings is ever written by a recording. */
  readonly katoHome: string;
  readonly userHome: string;
  /** Where agents keep their sessions, absolute: these are only ever read. */
  readonly agentFolders: readonly string[];
}

export type Verdict =
  | { readonly allowed: true; readonly root: WriteRoot; readonly components: readonly string[] }
  | { readonly allowed: false; readonly reason: string; readonly cause: DenialCause };

/** What a refusal is for: the folder, the end of the name, something else about the path, or a root as it is now. */
export type DenialCause = 'outside' | 'suffix' | 'path' | 'missing' | 'moved';

/** What to do about a refusal. */
export const REMEDIES: Readonly<Record<DenialCause, string>> = {
  outside: 'choose another place, or allow the folder: `kato config set write.roots …`',
  suffix: 'use .md, .markdown or .jsonl',
  path: 'choose another name or folder',
  missing: 'make the folder first, or choose another place',
  moved: 'put the folder back, or `kato restart` if it is meant to be elsewhere now',
};

const SUFFIXES = ['.md', '.markdown', '.jsonl'];

/** Files that agents or people are guided by. Lower case. */
const STEERING =
  /^(?:agents|claude|gemini|skill|copilot-instructions)(?:\.(?:local|override))?\.(?:md|markdown)$|^(?:readme|changelog|license|contributing|security)|\.(?:instructions|prompt|chatmode|agent)\.(?:md|markdown)$/;
/** Folders of a project from which agents take instructions. Lower case. */
const STEERING_FOLDERS: ReadonlySet<string> = new Set(['skills', 'prompts', 'agents', 'commands', 'rules']);

/** Names that are devices on Windows, whatever follows their first dot. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/;
/** Characters that end, split, hide or redirect a name somewhere. */
const UNSAFE = /\p{Cc}|[<>:"|?*\\\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffd]/u;
const MOST_COMPONENT_BYTES = 255;
const MOST_PATH_BYTES = 4096;

/** Whether a recording or export may be written to this absolute path. */
export function judge(path: string, policy: WritePolicy): Verdict {
  if (!path.startsWith('/')) return deny('it is not an absolute path');
  if (Buffer.byteLength(path) > MOST_PATH_BYTES) return deny('the path is too long');
  const normal = normalise(path);
  const innermost = policy.roots
    .map((candidate) => ({ candidate, folder: normalise(candidate.path) }))
    .filter(({ folder }) => isBelow(normal, folder))
    .sort((a, b) => b.folder.length - a.folder.length)[0];
  if (!innermost) return deny('it is outside the folders where kato may write', 'outside');
  const { candidate: root, folder } = innermost;
  if (root.kind !== 'recordings' && isInsideAnyCase(normal, policy.katoHome))
    return deny("it is inside kato's own folder");
  if (policy.agentFolders.some((agents) => isInsideAnyCase(normal, agents)))
    return deny('agents keep their sessions in this folder');
  if (root.kind === 'project' && !isProjectFolder(folder, policy.userHome, policy.katoHome))
    return deny('it is outside the folders where kato may write', 'outside');
  const components = normal
    .slice(folder.length)
    .split('/')
    .filter((part) => part !== '');
  const wrong = components.map(flawOf).find((flaw) => flaw !== undefined);
  if (wrong !== undefined) return deny(wrong);
  const name = components.at(-1) ?? '';
  const lower = name.toLowerCase();
  if (!SUFFIXES.some((suffix) => lower.endsWith(suffix) && lower.length > suffix.length)) {
    return deny('its name must end in .md, .markdown or .jsonl', 'suffix');
  }
  if (STEERING.test(lower)) return deny('files of this name guide agents or people');
  if (root.kind === 'project' && components.some((part) => STEERING_FOLDERS.has(part.toLowerCase()))) {
    return deny('agents take instructions from this folder');
  }
  return { allowed: true, root, components };
}

/**
 * Whether a session's working folder may be a root: not the home folder itself, `/`, a repository's `.git`, or a folder
 * that holds kato's home or lies in it.
 */
export function isProjectFolder(path: string, userHome: string, katoHome: string): boolean {
  const normal = normalise(path);
  const isOwn = isInside(normalise(katoHome), normal) || isInside(normal, katoHome);
  if (/\/\.git(?:\/|$)/i.test(normal)) return false;
  return path.startsWith('/') && normal !== '' && normal !== normalise(userHome) && !isOwn;
}

function deny(reason: string, cause: DenialCause = 'path'): Verdict {
  return { allowed: false, reason, cause };
}

function flawOf(component: string): string | undefined {
  if (component.startsWith('.')) return 'hidden files and folders are never written';
  if (UNSAFE.test(component)) return 'the name has characters that are not safe everywhere';
  if (/[. ]$/.test(component)) return 'the name ends in a dot or a space';
  if (DEVICE.test(component.toLowerCase())) return 'the name is a device on some systems';
  if (Buffer.byteLength(component) > MOST_COMPONENT_BYTES) return 'the name is too long';
  return undefined;
}

/** The path with `.` and `..` worked out by name, and without a trailing slash. */
export function normalise(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.length === 0 ? '' : `/${parts.join('/')}`;
}

/** Both normalised: `/` is the empty text then. */
function isBelow(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}

/** Some file systems take names in other cases for the same. */
function isInsideAnyCase(path: string, folder: string): boolean {
  return isInside(path.toLowerCase(), folder.toLowerCase());
}

function isInside(path: string, folder: string): boolean {
  return path === folder || isBelow(path, normalise(folder));
}
