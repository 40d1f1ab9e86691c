/**
 * Recording from outside a chat where no daemon runs: the session is read as it is now, what is asked is done, and the
 * files are written up to here. What is on goes on with the next daemon, which is kept from starting meanwhile: two
 * recorders at one file would write everything twice.
 */
import type { SessionKey } from '../core/session.ts';
import { contactNow } from '../ingest/live/first-start.ts';
import { Recorder } from '../record/recorder.ts';
import { takeIn } from './agent-files.ts';
import type { Answer, OutsideCommand } from './kato.ts';
import type { KatoParts } from './parts.ts';
import { recorderParts, recordingContext } from './recordings.ts';

export async function recordHere(parts: KatoParts, key: SessionKey, command: OutsideCommand): Promise<Answer> {
  const held = parts.holdHome();
  try {
    const contact = await contactNow(parts.store, parts.clock, parts.roots);
    const context = await recordingContext(parts, { contact, keep: (session) => takeIn(parts, session) });
    const recorder = new Recorder(recorderParts(context));
    await recorder.open();
    return await recorder.ask(key, command);
  } finally {
    held.leave();
  }
}
