import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { KatoError } from '../../../src/core/errors.ts';
import { ControlServer } from '../../../src/surfaces/control/server.ts';
import { until } from '../../support/daemon.ts';
import { temporaryFolder } from '../../support/derive.ts';
import { FACTS, openStage, send } from './stage.ts';

const status = async () => ({ fine: true }) as never;
const failsWith = (code: string) => (error: unknown) => error instanceof KatoError && error.code === code;
const server = (socket: string) =>
  new ControlServer({
    socket,
    openKato: () => ({}) as never, // Never asked for anything.
    facts: () => FACTS,
    onStop: () => {},
    log: { log: () => {} },
  });

describe('the control socket', () => {
  it('is for its user alone', async (t) => {
    const { socket } = await openStage(t);
    assert.equal(statSync(socket).mode & 0o777, 0o600);
    assert.equal(statSync(dirname(socket)).mode & 0o777, 0o700);
  });

  it('answers who it is, and what it is asked', async (t) => {
    const { socket } = await openStage(t, { status });
    assert.deepEqual(await send(socket, {}), { status: 200, text: '{"fine":true}\n' });
    const { text } = await send(socket, { method: 'GET', path: '/v1/daemon' });
    assert.deepEqual(JSON.parse(text), FACTS);
  });

  it('refuses what a web page could send', async (t) => {
    const { socket } = await openStage(t, { status });
    for (const headers of [
      { origin: 'http://localhost' },
      { origin: 'null' },
      { origin: '' },
      { 'sec-fetch-site': 'cross-site' },
      { host: 'localhost' },
      { host: 'kato:80' },
      { host: 'KATO' },
      { host: 'evil.test' },
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/x-www-form-urlencoded' },
      { 'content-type': 'application/json; charset=utf-8, text/plain' },
    ]) {
      assert.equal((await send(socket, { headers })).status, 403, JSON.stringify(headers));
      if (!('content-type' in headers))
        assert.equal((await send(socket, { headers, method: 'GET', path: '/v1/daemon' })).status, 403);
    }
  });

  it('refuses what it does not know, and never repeats it', async (t) => {
    const { socket, logged } = await openStage(t, { status });
    for (const [path, body] of [
      ['/v1/nothing', '{}'],
      ['/v1/close', '{}'],
      ['/v1/constructor', '{}'],
      ['/v1/__proto__', '{}'],
      ['/v2/status', '{}'],
      ['/', '{}'],
      ['/v1/status', '{"more":"secret"}'],
      ['/v1/status', 'secret'],
      ['/v1/status', '[]'],
      ['/v1/status', 'null'],
      ['/v1/find', '{"text":"secret","cwd":"relative"}'],
      ['/v1/import', '{"paths":["relative/secret"]}'],
      ['/v1/forget', '{"key":{"provider":"codex"}}'],
    ] as const) {
      const { status: code, text } = await send(socket, { path, body });
      assert.equal(code, 400, `${path} ${body} ${text}`);
      assert.doesNotMatch(text, /secret/);
    }
    assert.equal((await send(socket, { method: 'GET', path: '/v1/status' })).status, 400);
    assert.doesNotMatch(logged.join(), /secret/);
  });

  it('takes no body without end', async (t) => {
    const { socket } = await openStage(t, { status });
    const { status: code, text } = await send(socket, { body: JSON.stringify({ text: 'x'.repeat(1 << 21) }) });
    assert.deepEqual([code, JSON.parse(text).error.code], [400, 'usage']);
    assert.equal((await send(socket, {})).status, 200);
  });

  it('logs where an unexpected failure was, and none of its words', async (t) => {
    const { socket, logged } = await openStage(t, {
      status: async () => {
        throw new SyntaxError('secret words');
      },
    });
    const { status: code, text } = await send(socket, {});
    assert.deepEqual([code, JSON.parse(text).error.code], [500, 'internal']);
    await until(() => logged.length > 0);
    assert.match(logged.join(), /control\.failed .*server\.test\.ts/);
    assert.doesNotMatch(logged.join(), /secret/);
  });

  it('ends the daemon only after it has answered', async (t) => {
    const stage = await openStage(t);
    assert.equal((await send(stage.socket, { path: '/v1/stop' })).status, 200);
    await until(() => stage.stops() === 1);
  });

  it('can be started again, and leaves nothing when it stops', async (t) => {
    const stage = await openStage(t, { status });
    await stage.server.stop();
    assert.equal(statSync(stage.socket, { throwIfNoEntry: false }), undefined);
    await stage.server.start(() => {});
    assert.equal((await send(stage.socket, {})).status, 200);
    await stage.server.stop();
    await stage.server.stop();
  });

  it('notices that its file was taken away', async (t) => {
    const stage = await openStage(t);
    await stage.server.stop();
    const failed = Promise.withResolvers<unknown>();
    await stage.server.start(failed.resolve);
    unlinkSync(stage.socket);
    assert.ok(failsWith('daemon-failed')(await failed.promise));
  });
});

describe('a socket that is there already', () => {
  it('is replaced when its process is gone', async (t) => {
    const socket = join(temporaryFolder(t), 'control.sock');
    // A bound socket whose process never listens: nobody answers on it, as after SIGKILL.
    const script = `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    assert.ok(statSync(socket).isSocket());
    const own = server(socket);
    await own.start(() => {});
    t.after(() => own.stop());
    assert.equal((await send(socket, { method: 'GET', path: '/v1/daemon' })).status, 200);
  });

  it('is left alone when somebody answers', async (t) => {
    const { socket } = await openStage(t, { status });
    await assert.rejects(
      server(socket).start(() => {}),
      failsWith('daemon-running'),
    );
    assert.equal((await send(socket, {})).status, 200);
  });

  it('is left alone, too, when it is somebody of another kind', async (t) => {
    const socket = join(temporaryFolder(t), 'control.sock');
    const other = createServer((connection) => void connection.on('error', () => {}).end('?')).listen(socket);
    t.after(() => other.close());
    await assert.rejects(
      server(socket).start(() => {}),
      failsWith('daemon-running'),
    );
  });

  it('is left alone when it is no socket', async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'file'), 'precious');
    mkdirSync(join(folder, 'folder'));
    symlinkSync(join(folder, 'file'), join(folder, 'link'));
    for (const name of ['file', 'folder', 'link'])
      await assert.rejects(
        server(join(folder, name)).start(() => {}),
        failsWith('daemon-failed'),
      );
  });
});
