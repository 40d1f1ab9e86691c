/**
 * The live half of kato: what agents write is taken in, and what is recorded is written. Parts of a daemon.
 *
 *     recorder   opened first: which sessions are recorded says which are kept. Ended last: it hears what was still taken in
 *     ingest     tells the recorder of every session that has something new, when that is linked
 *     programs   that write into the store themselves tell nobody: where such a session is recorded, the end of the log is
 *                looked at now and then
 *
 * They know each other only here. Either may fail, be stopped and be started again by itself: what it missed lies in the
 * store, and is taken up by the next start.
 */
import { KatoError } from '../core/errors.ts';
import type { FolderWatcher, Timers } from '../core/ports.ts';
import type { SessionKey } from '../core/session.ts';
import { linkSessions } from '../ingest/link.ts';
import { firstContact } from '../ingest/live/first-start.ts';
import { createLiveIngest, type LiveIngest, type LiveRoot } from '../ingest/live.ts';
import { Recorder } from '../record/recorder.ts';
import type { IngestStatus } from './kato.ts';
import type { KatoParts, LiveRecording } from './parts.ts';
import { createProgramLook } from './programs.ts';
import { recorderParts, recordingContext } from './recordings.ts';

export interface LiveMachine {
  readonly watcher: FolderWatcher;
  readonly timers: Timers;
  readonly roots: readonly LiveRoot[];
}

/** What a daemon starts and stops. */
export interface LivePart {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface Live extends LiveRecording {
  /** In the order in which they are started. */
  readonly parts: readonly LivePart[];
}

/** How often it is looked whether something is to be tried again, or was written by a program. */
const LOOK_MS = 1000;

export function createLive(parts: KatoParts, machine: LiveMachine): Live {
  let recorder: Recorder | undefined;
  let cancelLook = () => {};
  let isIngestRunning = false;
  const ingest: LiveIngest = createLiveIngest({
    ...machine,
    ...{ store: parts.store, files: parts.files, clock: parts.clock, log: parts.log },
    ...{ commandsIn: parts.commandsIn, openReaders: parts.openReaders },
    isKept: (key) => recorder?.isRecorded(key) ?? false,
    onHeard: (keys) => recorder?.heardUnkept(keys),
    onTaken: (keys) => void recorder?.taken(keys),
  });
  const lookForPrograms = createProgramLook(parts);
  const lookLater = (): void => {
    cancelLook = machine.timers.after(LOOK_MS, () => {
      void recorder?.retry();
      lookForPrograms(() => recorder).catch(() => {}); // What cannot be read now is looked for again.
      lookLater();
    });
  };

  const recording: LivePart = {
    name: 'recorder',
    async start() {
      // For what was left; what comes live is linked by ingest, which has all links at hand.
      const links = once(async () => new Map((await parts.store.links()).map((link) => [nameOf(link.key), link])));
      const context = await recordingContext(parts, {
        contact: await firstContact(parts.store, parts.clock, machine.roots),
        keep: (key) => ingest.keep(key),
        linkOf: async (key) => (isIngestRunning ? ingest.linkOf(key) : (await links()).get(nameOf(key))),
      });
      await linkSessions(parts.store); // What is heard must be known for a copy, if it is one.
      const opened = new Recorder(recorderParts(context));
      await opened.open();
      recorder = opened;
      // Long where much was left; what comes meanwhile waits for its turn. It says itself what goes wrong.
      opened.takeUp().catch(() => {});
      if (isIngestRunning) void Promise.all([opened.takeUpUnkept(), opened.takeUpDropped()]);
      lookLater();
    },
    async stop() {
      cancelLook();
      const ending = recorder;
      recorder = undefined;
      await ending?.stop();
    },
  };
  const reading: LivePart = {
    name: 'ingest',
    async start() {
      await ingest.start();
      isIngestRunning = true;
      void recorder?.takeUpUnkept();
      void recorder?.takeUpDropped();
    },
    async stop() {
      isIngestRunning = false;
      await ingest.stop();
    },
  };

  return {
    parts: [recording, reading],
    ingest: () => (isIngestRunning ? ingestStatus(ingest) : undefined),
    states() {
      const all = recorder?.recordings() ?? [];
      return new Map(all.flatMap(({ id, condition }) => (condition ? [[id, condition] as const] : [])));
    },
    async ask(key, command) {
      if (recorder) return recorder.ask(key, command);
      throw new KatoError('daemon-failed', 'the recorder does not run now', { hint: 'see `kato status`' });
    },
    aside: (keys, action) => (recorder ? recorder.aside(keys, action) : action()),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function nameOf({ provider, nativeId }: SessionKey): string {
  return `${provider}\0${nativeId}`;
}

function ingestStatus(ingest: LiveIngest): IngestStatus {
  const { roots, failing, unreadable } = ingest.state();
  return {
    roots: roots.map(({ path, mode, reason }) => ({ path, mode, ...(reason !== undefined && { reason }) })),
    failing,
    unreadable,
    lag: ingest.lag().map(({ path, provider, nativeId, bytes }) => {
      return { path, provider, ...(nativeId !== undefined && { nativeId }), lagBytes: bytes };
    }),
  };
}
