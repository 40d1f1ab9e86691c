/** Why a recording or a file does not go on, in words. */

const WORDS: Readonly<Record<string, string>> = {
  gone: 'its file is gone',
  denied: 'it may not be written there any more',
  ENOENT: 'the folder is not there',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'a part of the path is a file or a link',
  ELOOP: 'a part of the path is a link',
  EISDIR: 'it is a folder',
  EINVAL: 'it is no regular file',
  ENXIO: 'it is no regular file',
  EMLINK: 'the file has another name too, a hard link',
  ENAMETOOLONG: 'the name is too long',
  EIO: 'the disk cannot be read or written',
  EBUSY: 'something else uses it',
  EFBIG: 'it is too large',
  EMFILE: 'too many files are open',
  'store-failed': 'the store cannot be written',
};

export function failureInWords(code: string): string {
  return WORDS[code] ?? code;
}
