import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KatoError } from '../../src/core/errors.ts';
import type { Component } from '../../src/daemon/component.ts';
import { createSupervisor, type Supervisor } from '../../src/daemon/supervisor.ts';
import { FakeTime, settle } from './fake-time.ts';

/** What happened, in order; and how components behave. */
class Stage {
  readonly time = new FakeTime();
  readonly told: string[] = [];
  readonly logged: { event: string; facts: Readonly<Record<string, unknown>> }[] = [];
  readonly fail = new Map<string, (error: unknown) => void>();

  component(name: string, behaviour: Partial<Component> = {}): Component {
    return {
      name,
      start: async (onFailure) => {
        this.told.push(`start ${name}`);
        this.fail.set(name, onFailure);
        await behaviour.start?.(onFailure);
      },
      stop: async () => {
        this.told.push(`stop ${name}`);
        await behaviour.stop?.();
      },
    };
  }

  supervise(...components: Component[]): Supervisor {
    const log = (_level: string, event: string, facts = {}) => void this.logged.push({ event, facts });
    return createSupervisor({
      components,
      clock: this.time,
      timer: this.time,
      log: { log },
      startMs: 3000,
      stopMs: 1000,
    });
  }
}

const states = (supervisor: Supervisor) => supervisor.state().map(({ name, state }) => `${name} ${state}`);
const never = () => new Promise<void>(() => {});

describe('a supervisor', () => {
  it('starts in order and stops in reverse', async () => {
    const stage = new Stage();
    const supervisor = stage.supervise(stage.component('a'), stage.component('b'));
    assert.deepEqual(states(supervisor), ['a waiting', 'b waiting']);
    await supervisor.start();
    assert.deepEqual(states(supervisor), ['a running', 'b running']);
    assert.deepEqual(await supervisor.stop(2000), []);
    assert.deepEqual(stage.told, ['start a', 'start b', 'stop b', 'stop a']);
  });

  it('starts the others when one cannot start, and tries that one again, later each time', async () => {
    const stage = new Stage();
    let isBroken = true;
    const start = async () => {
      if (isBroken) throw new KatoError('store-busy', 'somebody holds it');
    };
    const supervisor = stage.supervise(stage.component('a', { start }), stage.component('b'));
    await supervisor.start();
    assert.deepEqual(states(supervisor), ['a waiting', 'b running']);
    assert.deepEqual(supervisor.state()[0]?.lastError, { code: 'store-busy', message: 'somebody holds it' });
    for (const waitMs of [500, 1000, 2000]) {
      assert.equal(stage.time.nextMs, waitMs);
      await stage.time.pass(waitMs);
    }
    assert.equal(supervisor.state()[0]?.attempts, 4);
    isBroken = false;
    await stage.time.pass(4000);
    assert.deepEqual(states(supervisor), ['a running', 'b running']);
    assert.equal(stage.time.nextMs, undefined);
  });

  it('stops a component that reports a failure, and starts it again', async () => {
    const stage = new Stage();
    const supervisor = stage.supervise(stage.component('a'), stage.component('b'));
    await supervisor.start();
    stage.told.length = 0;
    stage.fail.get('a')?.(Object.assign(new Error('secret words'), { code: 'ENOSPC' }));
    await settle();
    assert.deepEqual(states(supervisor), ['a waiting', 'b running']);
    await stage.time.pass(500);
    assert.deepEqual(states(supervisor), ['a running', 'b running']);
    assert.deepEqual(stage.told, ['stop a', 'start a']);
    const failure = stage.logged.find(({ event }) => event === 'component.failed');
    assert.deepEqual([failure?.facts.component, failure?.facts.code], ['a', 'ENOSPC']);
    assert.doesNotMatch(JSON.stringify([stage.logged, supervisor.state()]), /secret/);
  });

  it('counts failures from the beginning after a long sound run', async () => {
    const stage = new Stage();
    const supervisor = stage.supervise(stage.component('a'));
    await supervisor.start();
    for (const [ranMs, waitMs] of [
      [0, 500],
      [1000, 1000],
      [59_999, 2000],
      [60_000, 500],
    ] as const) {
      await stage.time.pass(ranMs);
      stage.fail.get('a')?.(new Error());
      await settle();
      assert.equal(stage.time.nextMs, waitMs);
      await stage.time.pass(waitMs);
    }
  });

  it('hears a failure once, and none of an earlier start', async () => {
    const stage = new Stage();
    const supervisor = stage.supervise(stage.component('a'));
    await supervisor.start();
    const early = stage.fail.get('a');
    early?.(new Error());
    early?.(new Error());
    await stage.time.pass(500);
    early?.(new Error());
    await settle();
    assert.deepEqual(states(supervisor), ['a running']);
    assert.deepEqual(stage.told, ['start a', 'stop a', 'start a']);
  });

  it('waits no longer than agreed for a start, and takes it when it comes', async () => {
    const stage = new Stage();
    let finish = () => {};
    const start = () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      });
    const supervisor = stage.supervise(stage.component('slow', { start }), stage.component('b'));
    const started = supervisor.start();
    await stage.time.pass(2999);
    assert.deepEqual(stage.told, ['start slow']);
    await stage.time.pass(1);
    await started;
    assert.deepEqual(states(supervisor), ['slow waiting', 'b running']);
    finish();
    await settle();
    assert.deepEqual(states(supervisor), ['slow running', 'b running']);
  });

  it('leaves a component behind that does not stop, and says so', async () => {
    const stage = new Stage();
    const hang = { stop: never };
    const supervisor = stage.supervise(stage.component('a'), stage.component('b', hang), stage.component('c', hang));
    await supervisor.start();
    const stopped = supervisor.stop(2000);
    await stage.time.pass(2000);
    assert.deepEqual(await stopped, ['c', 'b']);
    assert.deepEqual(stage.told.slice(-3), ['stop c', 'stop b', 'stop a']);
    assert.equal(stage.logged.filter(({ event }) => event === 'component.left-behind').length, 2);
  });

  it('starts no second one beside a component that failed and does not stop', async () => {
    const stage = new Stage();
    const supervisor = stage.supervise(stage.component('a', { stop: never }));
    await supervisor.start();
    stage.fail.get('a')?.(new Error());
    await stage.time.pass(100_000);
    assert.deepEqual(states(supervisor), ['a failed']);
    assert.deepEqual(stage.told, ['start a', 'stop a']);
  });

  it('starts nothing again once it is told to stop', async () => {
    const stage = new Stage();
    const start = async () => {
      throw new Error();
    };
    const supervisor = stage.supervise(stage.component('a', { start }));
    await supervisor.start();
    await supervisor.stop(2000);
    await stage.time.pass(100_000);
    assert.deepEqual(stage.told, ['start a', 'stop a', 'stop a']);
  });

  it('bears a stop that fails', async () => {
    const stage = new Stage();
    const stop = async () => {
      throw new Error();
    };
    const supervisor = stage.supervise(stage.component('a'), stage.component('b', { stop }));
    await supervisor.start();
    assert.deepEqual(await supervisor.stop(2000), []);
    assert.deepEqual(stage.told.slice(-2), ['stop b', 'stop a']);
  });
});
