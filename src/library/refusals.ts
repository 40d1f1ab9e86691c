/** What a program cannot say, and why: names and ids that would not be told apart, sessions that are not there. */
import { KatoError } from '../core/errors.ts';
import type { SessionKey } from '../core/session.ts';
import type { Entry } from './entry.ts';

const LONGEST_ID = 512;

/** Two ids that are not well formed may have the same bytes in a hash; a NUL parts the names in it. */
function isGoodId(id: unknown): boolean {
  return typeof id === 'string' && id !== '' && id.length <= LONGEST_ID && id.isWellFormed() && !id.includes('\0');
}

/** What counts is what the caller gave: a copy's own id says more. */
export function refuseOddId({ class: name, id, copyOf }: Entry): void {
  if (name === 'start' || isGoodId(copyOf?.id ?? id)) return;
  throw new KatoError('usage', `a ${name} needs an id: a text of 1 to ${LONGEST_ID} characters`);
}

export function refuseOddKey({ provider, nativeId }: SessionKey): void {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(provider)) {
    throw new KatoError('usage', `${JSON.stringify(provider)} is no name of a provider`, {
      hint: 'give your program a name of lower-case letters, digits, dots and hyphens, such as my-agent',
    });
  }
  if (!isGoodId(nativeId))
    throw new KatoError('usage', `a session needs an id: a text of 1 to ${LONGEST_ID} characters`);
}

export function nameOf({ provider, nativeId }: SessionKey): string {
  return `${provider}/${nativeId}`;
}

export function noSession(key: SessionKey): KatoError {
  return new KatoError('session-not-found', `there is no session ${nameOf(key)} in the store`, {
    hint: '`start` makes it',
  });
}

export function forgotten(key: SessionKey): KatoError {
  return new KatoError('session-not-found', `session ${nameOf(key)} was forgotten, and is not written again`, {
    hint: 'start another session; `kato forget` has deleted this one for good',
  });
}
