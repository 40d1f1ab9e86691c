import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Kato, RenderRequest } from '../../../src/app/kato.ts';
import { KatoError } from '../../../src/core/errors.ts';
import { presets } from '../../../src/record/formats/presets.ts';
import { connectControl } from '../../../src/surfaces/control/client.ts';
import { until } from '../../support/daemon.ts';
import { FACTS, KEY, openStage } from './stage.ts';

const REQUEST: RenderRequest = {
  format: 'markdown',
  options: { ...presets.full, headingTime: 'iso', timeZone: 'UTC', toolResultLines: 0 },
  last: 2,
};

/** A Kato whose every answer is what it was asked. */
function echo(): Kato {
  const one = (...asked: unknown[]) => Promise.resolve({ asked }) as never;
  async function* many(...asked: unknown[]) {
    yield { asked } as never;
  }
  return {
    sessions: one,
    find: one,
    findForgettable: one,
    export: one,
    status: one,
    forget: one,
    clean: one,
    events: many,
    render: many,
    exportText: many,
    recordings: one,
    commands: one,
    record: one,
    recordingText: many,
    exportRecording: one,
    verify: many,
    import: async (request, onProgress) => {
      onProgress?.({ bytesDone: 1, bytesTotal: 2, events: 3 });
      return { asked: [request] } as never;
    },
    reprocess: async (key, onProgress) => {
      onProgress?.(4, 5);
      return { asked: [key] } as never;
    },
    close: async () => {},
  };
}

async function all(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const failsWith = (code: string) => (error: unknown) => error instanceof KatoError && error.code === code;

describe('a client of the daemon', () => {
  it('asks what it was asked, and answers what it was answered', async (t) => {
    const client = await (await openStage(t, echo())).connect();
    const asked = (...values: unknown[]) => ({ asked: values });
    assert.deepEqual(
      await client.sessions({ provider: 'codex', subagents: true }),
      asked({ provider: 'codex', subagents: true }),
    );
    assert.deepEqual(await client.find({ text: 'latest', cwd: '/w' }), asked({ text: 'latest', cwd: '/w' }));
    assert.deepEqual(await client.findForgettable({ text: 'latest', cwd: '/w' }), asked({ text: 'latest', cwd: '/w' }));
    const request = { ...REQUEST, key: KEY, path: '/x/notes/', overwrite: true };
    assert.deepEqual(await client.export(request), asked(request));
    assert.deepEqual(await client.status(), asked());
    assert.deepEqual(await client.forget(KEY), asked(KEY));
    assert.deepEqual(await all(client.events(KEY)), [asked(KEY)]);
    assert.deepEqual(await all(client.render(KEY, REQUEST)), [asked(KEY, REQUEST)]);
    assert.deepEqual(await all(client.exportText(KEY, REQUEST)), [asked(KEY, REQUEST)]);
    assert.deepEqual(await client.recordings(), asked());
    assert.deepEqual(await client.commands(KEY), asked(KEY));
    const command = { verb: 'capture', dest: '/x/y.md', options: { last: 2, switches: { tools: true } } } as const;
    assert.deepEqual(await client.record(KEY, command), asked(KEY, command));
    const stop = { verb: 'stop', target: { by: 'id', text: 'abcd' } } as const;
    assert.deepEqual(await client.record(KEY, stop), asked(KEY, stop));
    assert.deepEqual(await all(client.recordingText('abcd')), [asked('abcd')]);
    const wanted = { recording: 'abcd', path: '/x/notes/', overwrite: true };
    assert.deepEqual(await client.exportRecording(wanted), asked(wanted));
    assert.deepEqual(await all(client.verify()), [asked()]);
    const told: unknown[] = [];
    const imported = await client.import({ paths: ['/a/b'], dryRun: true }, (progress) => told.push(progress));
    assert.deepEqual(imported, asked({ paths: ['/a/b'], dryRun: true }));
    assert.deepEqual(await client.reprocess(KEY, (...progress) => told.push(progress)), asked(KEY));
    assert.deepEqual(told, [{ bytesDone: 1, bytesTotal: 2, events: 3 }, [4, 5]]);
    assert.deepEqual(client.facts, FACTS);
  });

  it('makes paths absolute before it sends them', async (t) => {
    const client = await (await openStage(t, echo())).connect();
    assert.deepEqual(await client.find({ text: '@here', cwd: '.' }), {
      asked: [{ text: '@here', cwd: process.cwd() }],
    });
    assert.deepEqual(await client.sessions({ project: 'src' }), { asked: [{ project: `${process.cwd()}/src` }] });
    assert.deepEqual(await client.import({ paths: ['a'] }), { asked: [{ paths: [`${process.cwd()}/a`] }] });
    const { asked } = (await client.export({ ...REQUEST, key: KEY, path: 'notes/' })) as unknown as {
      asked: { path: string }[];
    };
    assert.equal(asked[0]?.path, `${process.cwd()}/notes/`);
  });

  it('brings any text over as it is, in any size', async (t) => {
    const pieces = [
      '',
      'a\nb\r\n',
      '\u2028 ꞉꞉ \u0000 \ud800 𝒳',
      'x'.repeat(3_000_000),
      'ü'.repeat(200_001),
      '"}\n{"result":1}',
    ];
    async function* render() {
      yield* pieces;
    }
    const client = await (await openStage(t, { render })).connect();
    assert.deepEqual(await all(client.render(KEY, REQUEST)), pieces);
  });

  it('gives errors as they were thrown, whether before the first answer or after it', async (t) => {
    const error = new KatoError('session-ambiguous', 'two sessions', { hint: 'say more', details: ['a', 'b'] });
    const stage = await openStage(t, {
      find: async () => {
        throw error;
      },
      async *render() {
        yield 'first';
        throw error;
      },
      import: async () => {
        throw error;
      },
    });
    const client = await stage.connect();
    const isSame = (thrown: unknown) =>
      thrown instanceof KatoError &&
      thrown.code === error.code &&
      thrown.message === error.message &&
      thrown.hint === error.hint &&
      thrown.details.join() === error.details.join();
    await assert.rejects(client.find({ text: 'x', cwd: '/' }), isSame);
    await assert.rejects(client.import({}), isSame);
    const pieces: string[] = [];
    await assert.rejects(async () => {
      for await (const piece of client.render(KEY, REQUEST)) pieces.push(piece);
    }, isSame);
    assert.deepEqual(pieces, ['first']);
  });

  it('ends what is being answered when nobody listens any more', async (t) => {
    let given = 0;
    let hasEnded = false;
    const stage = await openStage(t, {
      async *render() {
        try {
          for (; given < 100_000; given++) yield 'x'.repeat(10_000);
        } finally {
          hasEnded = true;
        }
      },
    });
    const client = await stage.connect();
    for await (const _ of client.render(KEY, REQUEST)) break;
    await until(() => hasEnded);
    assert.ok(given < 10_000, 'all of it was made for nobody');
  });

  it('stops an import when it is told to, and gives its report', async (t) => {
    const stage = await openStage(t, {
      import: async (_request, onProgress, signal) => {
        onProgress?.({ bytesDone: 1, bytesTotal: 2, events: 3 });
        await new Promise((resolve) => signal?.addEventListener('abort', resolve));
        return { stopped: true } as never;
      },
    });
    const client = await stage.connect();
    const stop = new AbortController();
    assert.deepEqual(await client.import({}, () => stop.abort(), stop.signal), { stopped: true });
    assert.deepEqual(await client.import({}, undefined, stop.signal), { stopped: true });
  });

  it('stops an import when its process goes away', async (t) => {
    let wasStopped = false;
    const stage = await openStage(t, {
      import: async (_request, onProgress, signal) => {
        onProgress?.({ bytesDone: 1, bytesTotal: 2, events: 3 });
        await new Promise((resolve) => signal?.addEventListener('abort', resolve));
        wasStopped = true;
        return {} as never;
      },
    });
    const client = await stage.connect();
    await assert.rejects(
      client.import({}, () => client.close()),
      failsWith('daemon-lost'),
    );
    await until(() => wasStopped);
  });

  it('says so when the daemon goes away in the middle', async (t) => {
    const stage = await openStage(t, {
      async *render() {
        yield 'first';
        await new Promise(() => {});
      },
      status: () => new Promise(() => {}),
    });
    const client = await stage.connect();
    const asked = assert.rejects(client.status(), failsWith('daemon-lost'));
    const pieces: string[] = [];
    await assert.rejects(async () => {
      for await (const piece of client.render(KEY, REQUEST)) {
        pieces.push(piece);
        void stage.server.stop();
      }
    }, failsWith('daemon-lost'));
    assert.deepEqual(pieces, ['first']);
    await asked;
    await assert.rejects(client.verify()[Symbol.asyncIterator]().next(), failsWith('daemon-lost'));
  });

  it('finds nobody where nobody answers', async (t) => {
    const stage = await openStage(t);
    await stage.server.stop();
    assert.equal(await connectControl(stage.socket, 1000), undefined);
    assert.equal(await connectControl('/nowhere/control.sock', 1000), undefined);
  });

  it('knows a daemon of another protocol, and can tell it to end', async (t) => {
    const stage = await openStage(t, {}, { ...FACTS, protocol: 2, more: 'of a later version' } as typeof FACTS);
    const client = await stage.connect();
    assert.equal(client.speaksOurProtocol, false);
    await client.stop();
    await until(() => stage.stops() === 1);
  });
});

describe('the Kato of a client', () => {
  it('is its own, and lives as long as one of its connections', async (t) => {
    const stage = await openStage(t, echo());
    const [first, second] = [await stage.connect(), await stage.connect()];
    await Promise.all([first.status(), first.status(), first.status(), second.status()]);
    assert.deepEqual([stage.opened(), stage.closed()], [2, 0]);
    await first.close();
    await until(() => stage.closed() === 1);
    await second.close();
    await until(() => stage.closed() === 2);
  });
});
