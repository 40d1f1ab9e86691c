/** What came of a command of the chat, in words. */
import type { CommandSummary } from '../../app/kato.ts';
import { visibleLine } from './terminal.ts';

type Told = Pick<CommandSummary, 'kind' | 'reason' | 'asked' | 'paths'>;

/** On one line: what came of it, where, and why it was not the place that was asked for. `toShown`: a path for people. */
export function outcomeInWords({ kind, reason: why, asked, paths }: Told, toShown: (path: string) => string): string {
  const shown = (path: string) => toShown(visibleLine(path));
  const reason = why === undefined ? '' : visibleLine(why);
  const places = paths.map(shown).join(', ');
  switch (kind) {
    case 'redirected':
      return `redirected to ${places}: ${reasonAbout(asked === undefined ? 'the place that was asked for' : shown(asked), reason)}`;
    case 'no-op':
      return asked === undefined
        ? joined('nothing to do', reason, places)
        : `not written to ${shown(asked)} (${reason.replace(/^it is /, '')}); it goes on in ${places}`;
    case 'denied':
    case 'failed':
      return paths.length === 1 ? `${kind}: ${reasonAbout(places, reason)}` : joined(kind, reason); // Of several it says which.
    case 'done':
    case 'ignored':
      return joined(kind, reason, places);
  }
}

/** A reason why a place cannot be had: what it calls `it` is this place. */
export function reasonAbout(place: string, reason: string): string {
  return reason.startsWith('it is ') ? `${place}${reason.slice(2)}` : joined(place, reason);
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(': ');
}
