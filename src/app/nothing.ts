import { KatoError } from '../core/errors.ts';
import { shortId } from '../core/session.ts';

/** A session of which there is no line to show: none that was asked for, or, without events, none at all. */
export function nothingToShow({ id, events }: { readonly id: string; readonly events: number }): KatoError {
  const name = `session ${shortId(id)}`;
  if (events > 0) {
    return new KatoError('nothing-to-export', `${name} has nothing to show with these options`, {
      hint: 'try --preset audit, which shows everything',
    });
  }
  // Of one that is not kept but still on disk, the events were read from there.
  return new KatoError('nothing-to-export', `${name} was not kept, and its agent has deleted it`, {
    hint: 'unless `kato config set autoGenerateSnapshots true` was done, only recorded conversations are kept',
  });
}
