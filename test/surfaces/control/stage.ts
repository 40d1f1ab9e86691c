/** A control server over a Kato that says what it was asked, and clients of it, over a real socket. */
import { request } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Kato } from '../../../src/app/kato.ts';
import { type ControlClient, connectControl } from '../../../src/surfaces/control/client.ts';
import type { DaemonFacts } from '../../../src/surfaces/control/protocol.ts';
import { ControlServer } from '../../../src/surfaces/control/server.ts';
import { temporaryFolder } from '../../support/derive.ts';

export const KEY = { provider: 'codex', nativeId: 'n1' };
export const FACTS: DaemonFacts = {
  protocol: 1,
  pid: 42,
  version: '1.2.3',
  startedAt: '2026-11-21T10:00:00.000Z',
  components: [{ name: 'control', state: 'running', since: '2026-11-21T10:00:00.000Z', attempts: 1 }],
  memory: { residentBytes: 1, heapBytes: 2 },
};

export interface Stage {
  readonly socket: string;
  readonly server: ControlServer;
  readonly connect: () => Promise<ControlClient>;
  readonly logged: string[];
  readonly opened: () => number;
  readonly closed: () => number;
  readonly stops: () => number;
}

/** Methods that a test does not give fail. */
export async function openStage(t: TestContext, kato: Partial<Kato> = {}, facts = FACTS): Promise<Stage> {
  const socket = join(temporaryFolder(t), 'run', 'control.sock');
  const logged: string[] = [];
  let opened = 0;
  let closed = 0;
  let stops = 0;
  const server = new ControlServer({
    socket,
    openKato: () => {
      opened += 1;
      const close = async () => {
        closed += 1;
      };
      return { ...kato, close } as Kato; // A test knows what it calls.
    },
    facts: () => facts,
    onStop: () => {
      stops += 1;
    },
    log: { log: (_level, event, more = {}) => void logged.push(`${event} ${JSON.stringify(more)}`) },
    lookMs: 5,
  });
  await server.start(() => {});
  t.after(() => server.stop());
  const connect = async () => {
    const client = await connectControl(socket, 5000);
    if (!client) throw new Error('nobody answers');
    t.after(() => client.close());
    return client;
  };
  return { socket, server, connect, logged, opened: () => opened, closed: () => closed, stops: () => stops };
}

interface Raw {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A request as anybody could make it. */
export function send(socketPath: string, { method = 'POST', path = '/v1/status', headers = {}, body = '{}' }: Raw) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const all = { host: 'kato', 'content-type': 'application/json', ...headers };
    const sent = request({ socketPath, method, path, headers: all, agent: false }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode ?? 0, text });
    });
    sent.on('error', reject);
    sent.end(method === 'GET' ? undefined : body);
  });
}
