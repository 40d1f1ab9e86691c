/** What each method of the protocol does with a Kato. */

import type { GenericSchema } from 'valibot';
import type { Kato } from '../../app/kato.ts';
import { parse, requests } from './schemas.ts';

type Tell = (progress: unknown) => void;

/** A method that gives one answer, many in order, or one after some progress. */
export type Route =
  | { readonly kind: 'one'; readonly run: (kato: Kato, body: unknown) => Promise<unknown> }
  | { readonly kind: 'many'; readonly run: (kato: Kato, body: unknown) => AsyncIterable<unknown> }
  | {
      readonly kind: 'work';
      readonly run: (kato: Kato, body: unknown, tell: Tell, signal: AbortSignal) => Promise<unknown>;
    };

type Method = Exclude<keyof Kato, 'close'>;

export const routes: Readonly<Record<Method, Route>> = {
  sessions: one('sessions', requests.sessions, (kato, filter) => kato.sessions(filter)),
  find: one('find', requests.find, (kato, selector) => kato.find(selector)),
  findForgettable: one('findForgettable', requests.find, (kato, selector) => kato.findForgettable(selector)),
  export: one('export', requests.export, (kato, request) => kato.export(request)),
  status: one('status', requests.status, (kato) => kato.status()),
  forget: one('forget', requests.forget, (kato, { key }) => kato.forget(key)),
  clean: one('clean', requests.clean, (kato, request) => kato.clean(request)),
  events: many('events', requests.events, (kato, { key }) => kato.events(key)),
  render: many('render', requests.render, (kato, { key, request }) => kato.render(key, request)),
  exportText: many('exportText', requests.exportText, (kato, { key, request }) => kato.exportText(key, request)),
  recordings: one('recordings', requests.recordings, (kato) => kato.recordings()),
  commands: one('commands', requests.commands, (kato, { key }) => kato.commands(key)),
  record: one('record', requests.record, (kato, { key, command }) => kato.record(key, command)),
  recordingText: many('recordingText', requests.recordingText, (kato, { recording }) => kato.recordingText(recording)),
  exportRecording: one('exportRecording', requests.exportRecording, (kato, request) => kato.exportRecording(request)),
  verify: many('verify', requests.verify, (kato) => kato.verify()),
  import: work('import', requests.import, (kato, request, tell, signal) => kato.import(request, tell, signal)),
  reprocess: work('reprocess', requests.reprocess, (kato, { key }, tell) =>
    kato.reprocess(key, (done, total) => tell({ done, total })),
  ),
};

function one<T>(
  name: Method,
  shape: GenericSchema<unknown, T>,
  run: (kato: Kato, request: T) => Promise<unknown>,
): Route {
  return { kind: 'one', run: async (kato, body) => run(kato, parse(shape, body, name)) };
}

function many<T>(
  name: Method,
  shape: GenericSchema<unknown, T>,
  run: (kato: Kato, request: T) => AsyncIterable<unknown>,
): Route {
  return {
    kind: 'many',
    async *run(kato, body) {
      yield* run(kato, parse(shape, body, name));
    },
  };
}

function work<T>(
  name: Method,
  shape: GenericSchema<unknown, T>,
  run: (kato: Kato, request: T, tell: Tell, signal: AbortSignal) => Promise<unknown>,
): Route {
  return {
    kind: 'work',
    run: (kato, body, tell, signal) => run(kato, parse(shape, body, name), tell, signal),
  };
}
