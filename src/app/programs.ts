/**
 * Recorded sessions that programs write into the store themselves. Nobody tells of those, so the log is looked at: where
 * nothing of the kind is recorded, that costs nothing; else one short look at its end.
 *
 * What ingest takes in is left to it: a session is told when it is linked, and not before.
 */
import type { SessionKey } from '../core/session.ts';
import type { Recorder } from '../record/recorder.ts';
import type { KatoParts } from './parts.ts';

/** What is looked at of a recorder. */
type Watched = Pick<Recorder, 'taken'> & {
  recordings(): readonly { readonly on: boolean; readonly session: SessionKey }[];
};

/** Tells the present recorder what came since the last look. One that ends meanwhile is told nothing. */
export type ProgramLook = (present: () => Watched | undefined) => Promise<void>;

export function createProgramLook({ store, providers }: Pick<KatoParts, 'store' | 'providers'>): ProgramLook {
  const agents = new Set(providers.map(({ id }) => id));
  let looked = 0;
  return async (present) => {
    const recorder = present();
    const recorded = recorder?.recordings().filter(({ on, session }) => on && !agents.has(session.provider)) ?? [];
    if (recorded.length === 0) return;
    const head = await store.head();
    if (head === looked) return;
    const keys = new Map(recorded.map(({ session }) => [`${session.provider}\0${session.nativeId}`, session]));
    const sessions = await Promise.all([...keys.values()].map((key) => store.session(key)));
    const changed = sessions.flatMap((one) => (one && one.lastPosition > looked ? one.key : []));
    if (present() !== recorder) return;
    looked = head;
    await recorder?.taken(changed);
  };
}
