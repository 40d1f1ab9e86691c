/** The whole table: what each command does in each state of a session. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { identify } from '../../src/core/identity.ts';
import { parseCommands } from '../../src/record/commands.ts';
import { type Plan, plan, type Request, type Target } from '../../src/record/plan.ts';
import {
  type Mark,
  noRecordings,
  type Period,
  recordingId,
  type SessionRecordings,
} from '../../src/record/recording.ts';

const session = { provider: 'toy', nativeId: 's' };
const target = (name: string): Target => ({
  path: `/w/${name}`,
  format: name.endsWith('.jsonl') ? 'jsonl' : 'markdown',
});
const GENERATED = target('generated.md');

/** A command at a place: the number stands for the message. */
function request(line: string, place: number, state: SessionRecordings): Request {
  const [parsed] = parseCommands(line);
  assert.ok(parsed && 'command' in parsed, `${line} is a command`);
  const { command } = parsed;
  const event = identify(session, { id: String(place) }, 'text:0');
  const name = command.verb === 'stop' ? command.target?.text : command.dest;
  const primary = state.primary === undefined ? undefined : target(state.primary.slice('/w/'.length));
  return {
    command,
    session,
    before: { event, line: 0 },
    behind: { event, line: 1 },
    ...(name !== undefined && { named: target(name) }),
    ...(primary && { primary }),
    generated: GENERATED,
    lastTurns: { event: identify(session, { id: 'turn' }, 'text:0'), line: 0 },
    usual: (format) => ({ preset: format === 'jsonl' ? 'audit' : 'chat', switches: {} }),
  };
}

function run(state: SessionRecordings, line: string, place: number): Plan {
  return plan(state, request(line, place, state));
}

/** The state after these commands, each in a message of its own. */
function after(...lines: readonly string[]): SessionRecordings {
  return lines.reduce((state, line, index) => run(state, line, index + 1).state, noRecordings);
}

const places = new Map(
  Array.from({ length: 20 }, (_, n) => [identify(session, { id: String(n) }, 'text:0') as string, String(n)] as const),
);
const showMark = (mark: Mark | undefined, absent: string) =>
  mark ? `${places.get(mark.event) ?? 'turn'}${mark.line === 0 ? '' : '+'}` : absent;
const showPeriod = ({ from, until }: Period) => `${showMark(from, 'all')}-${showMark(until, '')}`;
const nameOf = (path: string) => path.slice('/w/'.length);

function show({ state, effects, outcome }: Plan): string {
  const nameById = new Map(state.recordings.map(({ id, path }) => [id, nameOf(path)]));
  const recordings = state.recordings.map(
    ({ path, on, periods }) => `${nameOf(path)}${on ? '*' : ''}[${periods.map(showPeriod).join(' ')}]`,
  );
  const done = effects.map((effect) => {
    if (effect.kind === 'prepare') return `prepare ${nameOf(effect.target.path)}`;
    if (effect.kind === 'export') return `export ${nameOf(effect.target.path)} ${showPeriod(effect.period)}`;
    const loud = effect.kind === 'anew' && effect.overwrite ? '!' : '';
    return `${effect.kind}${loud} ${nameById.get(effect.recording)}`;
  });
  const primary = state.primary === undefined ? '-' : nameOf(state.primary);
  return `${[primary, ...recordings].join(' ')} | ${done.join(', ')} | ${outcome.kind}`;
}

const states = {
  nothing: after(),
  initialised: after('::init P'),
  recording: after('::record P'),
  'recording twice': after('::record P', '::record Q'),
  stopped: after('::record P', '::stop'),
  'recording elsewhere': after('::init P', '::record Q'),
} as const;

const table: { readonly [K in keyof typeof states]: Readonly<Record<string, string>> } = {
  nothing: {
    '::init': 'generated.md | prepare generated.md | done',
    '::init A': 'A | prepare A | done',
    '::record': 'generated.md generated.md*[9-] | go-on generated.md | done',
    '::record A': 'A A*[9-] | go-on A | done',
    '::record A +overwrite': 'A A*[9-] | anew! A | done',
    '::capture': 'generated.md generated.md*[all-] | anew generated.md | done',
    '::capture A last:2': 'A A*[turn-] | anew A | done',
    '::export A': '- | export A all-9+ | done',
    '::export A last:2': '- | export A turn-9+ | done',
    '::stop': '- |  | no-op',
    '::stop A': '- |  | no-op',
  },
  initialised: {
    '::init': 'P | prepare P | done',
    '::init A': 'A | prepare A | done',
    '::record': 'P P*[9-] | go-on P | done',
    '::record A': 'P A*[9-] | go-on A | done',
    '::capture': 'P P*[all-] | anew P | done',
    '::capture A': 'P A*[all-] | anew A | done',
    '::export A': 'P | export A all-9+ | done',
    '::stop': 'P |  | no-op',
  },
  recording: {
    '::init': 'P P*[1-] | prepare P | done',
    '::init A': 'A P*[1-] | prepare A | done',
    '::record': 'P P*[1-] |  | no-op',
    '::record P': 'P P*[1-] |  | no-op',
    '::record A': 'P P*[1-] A*[9-] | go-on A | done',
    '::capture': 'P P*[all-] | anew P | done',
    '::capture A': 'P P*[1-] A*[all-] | anew A | done',
    '::export A': 'P P*[1-] | export A all-9+ | done',
    '::export P': 'P P*[1-] | export P all-9+ | done',
    '::stop': 'P P[1-9] | end P | done',
    '::stop P': 'P P[1-9] | end P | done',
    '::stop dest:P': 'P P[1-9] | end P | done',
    '::stop A': 'P P*[1-] |  | failed',
  },
  'recording twice': {
    '::record': 'P P*[1-] Q*[2-] |  | no-op',
    '::record A': 'P P*[1-] Q*[2-] A*[9-] | go-on A | done',
    '::capture': 'P P*[all-] Q*[2-] | anew P | done',
    '::capture Q': 'P P*[1-] Q*[all-] | anew Q | done',
    '::stop': 'P P[1-9] Q[2-9] | end P, end Q | done',
    '::stop Q': 'P P*[1-] Q[2-9] | end Q | done',
  },
  stopped: {
    '::init A': 'A P[1-2] | prepare A | done',
    '::record': 'P P*[1-2 9-] | go-on P | done',
    '::record A': 'P P[1-2] A*[9-] | go-on A | done',
    '::record P +overwrite': 'P P*[9-] | anew! P | done',
    '::capture': 'P P*[all-] | anew P | done',
    '::export A': 'P P[1-2] | export A all-9+ | done',
    '::stop': 'P P[1-2] |  | no-op',
    '::stop P': 'P P[1-2] |  | no-op',
  },
  'recording elsewhere': {
    '::record': 'P Q*[2-] P*[9-] | go-on P | done',
    '::capture': 'P Q*[2-] P*[all-] | anew P | done',
    '::stop': 'P Q[2-9] | end Q | done',
  },
};

for (const [name, rows] of Object.entries(table)) {
  describe(`a session that is ${name}`, () => {
    for (const [line, expected] of Object.entries(rows)) {
      it(`takes ${line}`, () => {
        const state = states[name as keyof typeof states];
        assert.equal(show(run(state, line, 9)), expected);
      });
    }
  });
}

describe('a recording whose file is gone', () => {
  const state = after('::record P', '::record Q');
  const gone = [recordingId(session, '/w/Q')];
  const ask = (line: string, isOutside = false) => show(plan(state, { ...request(line, 9, state), gone, isOutside }));

  it('is written again when its path is named', () => {
    assert.equal(ask('::record Q'), 'P P*[1-] Q*[2-] | go-on Q | done');
    assert.equal(ask('::record P'), 'P P*[1-] Q*[2-] |  | no-op');
  });
  it('goes on at another path when that is asked from outside the chat; in the chat a recording begins', () => {
    assert.equal(ask('::record A', true), 'P P*[1-] Q[2-9] A*[2-] | go-on A | done');
    assert.equal(ask('::record A'), 'P P*[1-] Q*[2-] A*[9-] | go-on A | done');
    assert.equal(ask('::record P', true), 'P P*[1-] Q*[2-] |  | no-op');
  });
});

describe('stopping by name', () => {
  const two = after('::record P', '::record Q');
  const idOf = (path: string) => recordingId(session, `/w/${path}`);

  it('takes the beginning of an id, in any case', () => {
    assert.equal(
      show(run(two, `::stop id:${idOf('Q').slice(0, 4).toUpperCase()}`, 9)),
      'P P*[1-] Q[2-9] | end Q | done',
    );
    assert.equal(show(run(two, `::stop ${idOf('Q')}`, 9)), 'P P*[1-] Q[2-9] | end Q | done');
  });
  it('needs four characters of it', () => {
    assert.equal(run(two, `::stop id:${idOf('Q').slice(0, 3)}`, 9).outcome.kind, 'failed');
  });
  it('tells what none is called', () => {
    const { outcome } = run(two, '::stop id:zzzz', 9);
    assert.deepEqual(outcome, { kind: 'failed', reason: 'no recording `zzzz` in this session', paths: [] });
  });
  it('means by a path what could not be there, unless something is', () => {
    const [first, second, ...more] = after('::record P', '::record Q').recordings;
    assert.ok(first && second);
    const moved = { recordings: [{ ...first, redirectedFrom: target('X').path }, second, ...more] };
    assert.deepEqual(run(moved, '::stop dest:X', 9).outcome, { kind: 'done', paths: [target('P').path] });
    const both = { recordings: [{ ...first, redirectedFrom: target('Q').path }, second, ...more] };
    assert.deepEqual(run(both, '::stop Q', 9).outcome, { kind: 'done', paths: [target('Q').path] });
  });
  it('stops nothing when the beginning fits several, and names them', () => {
    const [first, second] = two.recordings;
    assert.ok(first && second);
    const alike = {
      ...two,
      recordings: [
        { ...first, id: `abcd1${first.id}` },
        { ...second, id: `abcd2${second.id}` },
      ],
    };
    const { outcome, effects } = run(alike, '::stop id:abcd', 9);
    assert.deepEqual([outcome.kind, effects], ['failed', []]);
    assert.match('reason' in outcome ? outcome.reason : '', /abcd1.* \/w\/P, abcd2.* \/w\/Q/);
    assert.deepEqual(run(alike, '::stop abcd', 9).effects.length, 2);
  });
  it('tells when one word is the id of one and the path of another', () => {
    const [first, second] = two.recordings;
    assert.ok(first && second);
    const both = {
      ...two,
      recordings: [
        { ...first, id: `cafe${first.id}` },
        { ...second, path: '/w/cafe' },
      ],
    };
    const { outcome, effects } = run(both, '::stop cafe', 9);
    assert.equal(effects.length, 2);
    assert.match(outcome.kind === 'done' ? (outcome.warning ?? '') : '', /id of one recording and the path of another/);
  });
});

describe('what is shown', () => {
  const viewOf = ({ state }: Plan) => state.recordings.at(-1)?.periods.at(-1)?.view;

  it('is the usual, unless something is asked for', () => {
    assert.deepEqual(viewOf(run(noRecordings, '::record A', 1)), { preset: 'chat', switches: {} });
    assert.deepEqual(viewOf(run(noRecordings, '::record A.jsonl', 1)), { preset: 'audit', switches: {} });
    assert.deepEqual(viewOf(run(noRecordings, '::record A preset:full -tools', 1)), {
      preset: 'full',
      switches: { tools: false },
    });
  });
  it('stays as it was when a recording goes on', () => {
    const state = after('::record A preset:full', '::stop');
    assert.deepEqual(viewOf(run(state, '::record A', 9)), { preset: 'full', switches: {} });
    assert.deepEqual(viewOf(run(state, '::record A +system', 9)), { preset: 'full', switches: { system: true } });
    assert.deepEqual(viewOf(run(state, '::record A preset:chat', 9)), { preset: 'chat', switches: {} });
  });
});

it('the law of periods: in order, only the last one open, and open exactly while the recording is on', () => {
  const line = fc.constantFrom(
    '::init',
    '::init B',
    '::record',
    '::record A',
    '::capture A',
    '::capture',
    '::stop',
    '::stop A',
    '::export A',
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 18 }), (lines) => {
      for (const { on, periods } of after(...lines).recordings) {
        assert.ok(periods.slice(0, -1).every(({ until }) => until !== undefined));
        assert.equal(periods.at(-1)?.until === undefined, on);
        const marks = periods.flatMap(({ from, until }) =>
          [from, until].flatMap((mark) => (mark ? [Number(places.get(mark.event))] : [])),
        );
        assert.deepEqual(
          marks,
          [...marks].sort((a, b) => a - b),
        );
      }
    }),
    { numRuns: 500 },
  );
});
