/** Why a command cannot have its file, by the system or by kato's own rules: in words, and what to do about it. */

/** What the system says when the rules forbid what is at the path. */
export const BARRED: ReadonlySet<string> = new Set(['ELOOP', 'ENOTDIR', 'EINVAL', 'ENXIO', 'EMLINK']);

type Rule = 'taken' | 'not-ours';

/** What is thrown where kato's own rules say no. */
export function refusal(code: Rule): Error {
  return Object.assign(new Error(code), { code });
}

const ELSEWHERE = 'choose another place';
const REAL_PATH = 'give the real path; links are not followed';
const REASONS: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  taken: ['another session is being recorded there', 'choose another name'],
  'not-ours': ["the file exists already, and is no recording of kato's", 'choose another name'],
  EEXIST: ['the file exists already', 'choose another name, or add +overwrite'],
  ENOSPC: ['the disk is full', 'free some space, or choose another place'],
  EDQUOT: ['the disk quota is used up', 'free some space, or choose another place'],
  EROFS: ['the disk is read-only', ELSEWHERE],
  EACCES: ['permission denied', 'check the permissions of the folder, or choose another place'],
  EPERM: ['permission denied', 'check the permissions of the folder, or choose another place'],
  ENOENT: ['the folder does not exist', 'make the folder first, or choose another place'],
  ENOTDIR: ['a part of the path is a file or a link', REAL_PATH],
  ELOOP: ['a part of the path is a link', REAL_PATH],
  EISDIR: ['it is a folder', 'put a `/` behind it to write into it'],
  EINVAL: ['it is no regular file', 'choose another name'],
  ENXIO: ['it is no regular file', 'choose another name'],
  EMLINK: ['the file has another name too, a hard link', 'choose another name, or copy the file first'],
  'source-unreadable': ["the agent's file of the session cannot be read", 'see `kato status`'],
  ENAMETOOLONG: ['the name is too long', 'choose a shorter one'],
};

export function refusalInWords(code: string): readonly [reason: string, hint: string] {
  return REASONS[code] ?? [code, ELSEWHERE];
}
