/** What is played for a recording: by the recorder from where it was, by an export from the start. */
import type { SessionKey } from '../core/session.ts';
import type { RecorderParts } from './parts.ts';
import type { Play } from './playback.ts';
import type { Recording } from './recording.ts';

export function playOf(
  { store, formats, optionsOf }: RecorderParts,
  session: SessionKey,
  { format, periods }: Pick<Recording, 'format' | 'periods'>,
): Play {
  return { store, session, format: formats[format], periods, optionsOf };
}
