import { KatoError } from '../../core/errors.ts';

export function nothingToShow(shortId: string): KatoError {
  return new KatoError('nothing-to-export', `session ${shortId} has nothing to show with these options`, {
    hint: 'try --preset audit, which shows everything',
  });
}
