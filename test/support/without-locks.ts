/** Running a program as on a file system that knows no locks: a library in front of the system's refuses them. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { temporaryFolder } from './derive.ts';

const SOURCE = `
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>
static int call(int fd, int cmd, long arg) {
  if (cmd == 5 || cmd == 6 || cmd == 7) { errno = ENOLCK; return -1; } /* F_GETLK, F_SETLK, F_SETLKW */
  return syscall(SYS_fcntl, fd, cmd, arg);
}
int fcntl(int fd, int cmd, ...) { va_list a; va_start(a, cmd); long arg = va_arg(a, long); va_end(a); return call(fd, cmd, arg); }
int fcntl64(int fd, int cmd, ...) { va_list a; va_start(a, cmd); long arg = va_arg(a, long); va_end(a); return call(fd, cmd, arg); }
`;

/** Why tests that need it are skipped; false when they are not. */
export const needsCompiler = spawnSync('cc', ['--version']).status === 0 ? false : 'needs a C compiler';

/** The environment of a program that is to find no locks. */
export function withoutLocks(t: { after(fn: () => void): void }): Readonly<Record<string, string>> {
  const folder = temporaryFolder(t);
  writeFileSync(`${folder}/no-locks.c`, SOURCE);
  const { status, stderr } = spawnSync('cc', [
    '-shared',
    '-fPIC',
    '-o',
    `${folder}/no-locks.so`,
    `${folder}/no-locks.c`,
  ]);
  if (status !== 0) throw new Error(String(stderr));
  return { LD_PRELOAD: `${folder}/no-locks.so` };
}
