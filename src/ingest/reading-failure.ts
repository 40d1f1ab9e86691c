/** Which failures concern the file that is being read, and nothing else. */
import { systemCode } from '../core/errors.ts';

/** What Node says, other than by a `RangeError`, when something is larger than a buffer, a string or a heap can be. */
const TOO_LARGE = new Set(['ERR_STRING_TOO_LONG', 'ERR_MEMORY_ALLOCATION_FAILED', 'ERR_WORKER_OUT_OF_MEMORY']);

/** The system's code of a file that could not be read; `EFBIG` when there was no memory for it. Absent for all else. */
export function readingFailure(error: unknown): string | undefined {
  const code = systemCode(error);
  if (error instanceof RangeError || (code !== undefined && TOO_LARGE.has(code))) return 'EFBIG';
  return error instanceof Error && 'syscall' in error ? code : undefined;
}
