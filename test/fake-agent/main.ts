/**
 * A fake agent as a process of its own, so that it can be killed:
 *
 *   node test/fake-agent/main.ts --format codex --seed 7 --home DIR [--start ISO] [--cwd DIR] [--notes DIR] [--turns N]
 *     [--habits torn,burst] [--from N] [--pace X | --on-demand]
 *
 * After each step it prints how many are done, a number a line; `--from` goes on from there after a kill. `--pace 1` waits
 * as long as an agent would, 0.01 a hundredth of it, 0 (the default) not at all; with `--on-demand` each step waits for a
 * line on stdin.
 */
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Habit, habits } from './habits.ts';
import { Player } from './player.ts';
import { type Format, formats } from './script.ts';
import { writeScript } from './write-script.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    format: text,
    seed: { ...text, default: '1' },
    home: text,
    start: text,
    cwd: text,
    notes: text,
    turns: text,
    habits: { ...text, default: '' },
    from: { ...text, default: '0' },
    pace: { ...text, default: '0' },
    'on-demand': { type: 'boolean', default: false },
  },
});

function formatOf(name: string | undefined): Format {
  const found = formats.find((format) => format === name);
  if (!found) throw new Error(`--format must be one of ${formats.join(', ')}`);
  return found;
}

function habitsOf(names: string): readonly Habit[] {
  return habits.filter((habit) => names.split(',').includes(habit));
}

if (values.home === undefined) throw new Error('--home is needed');
const script = writeScript({
  format: formatOf(values.format),
  seed: Number(values.seed),
  habits: habitsOf(values.habits),
  ...(values.start !== undefined && { start: new Date(values.start) }),
  ...(values.cwd !== undefined && { cwd: values.cwd }),
  ...(values.notes !== undefined && { notes: values.notes }),
  ...(values.turns !== undefined && { turns: Number(values.turns) }),
});
const player = new Player(script, values.home, Number(values.from));

function step(): void {
  if (player.step()) process.stdout.write(`${player.done}\n`);
}

if (values['on-demand']) {
  for await (const _ of createInterface({ input: process.stdin })) {
    step();
    if (player.isOver) break;
  }
} else {
  for (let next = player.next(); next; next = player.next()) {
    if (Number(values.pace) > 0) await wait(next.afterMs * Number(values.pace));
    step();
  }
}
