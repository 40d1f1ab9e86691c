/** A finding of `kato doctor`, and the words that findings share. */

export interface Finding {
  readonly check: string;
  readonly level: 'ok' | 'warn' | 'fail';
  readonly what: string;
  readonly remedy?: string;
}

export function ok(check: string, what: string): Finding {
  return { check, level: 'ok', what };
}

export function found(level: 'warn' | 'fail', check: string, what: string, remedy: string | undefined): Finding {
  return { check, level, what, ...(remedy !== undefined && { remedy }) };
}

export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
