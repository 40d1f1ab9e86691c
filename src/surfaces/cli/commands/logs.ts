import { setTimeout as sleep } from 'node:timers/promises';
import { Option } from 'commander';
import { homePaths } from '../../../config/paths.ts';
import { KatoError } from '../../../core/errors.ts';
import { isRecord, parseJson, stringAt, toJson } from '../../../core/json.ts';
import type { CliCommand } from '../command.ts';
import type { CliContext } from '../context.ts';
import { LogFollower, lastLines } from '../log-files.ts';
import { visible } from '../terminal.ts';

export const logsCommand: CliCommand = {
  define: (command) =>
    command
      .description("the daemon's log: what it did, what failed")
      .option('--audit', 'the audit log instead: what was exported, written, denied, forgotten')
      .option('--follow', 'go on with what is added, until Ctrl-C')
      .addOption(new Option('-n, --lines <count>', 'the last so many lines').default('50', '50'))
      .addOption(new Option('--level <level>', 'only lines of this level and above').choices(LEVELS))
      .addHelpText(
        'after',
        '\nExamples:\n  kato logs -n 200\n  kato logs --follow --level warn\n  kato logs --audit --json | jq .data\n',
      ),
  async run(context, _args, flags) {
    const file = `${homePaths(context.katoHome).logs}/${flags.audit === true ? 'audit' : 'operational'}.jsonl`;
    const follower = new LogFollower(file);
    const most = countOf(flags.lines);
    const isMeant = typeof flags.level === 'string' ? isFrom(flags.level) : undefined;
    const lines = isMeant
      ? lastLines(file, Number.MAX_SAFE_INTEGER, follower.offset)
          .filter(isMeant)
          .slice(most === 0 ? Number.MAX_SAFE_INTEGER : -most) // A slice from -0 would be all.
      : lastLines(file, most, follower.offset);
    if (flags.follow === true) return follow(context, lines, () => follower.next().filter(isMeant ?? (() => true)));
    if (context.options.json)
      context.printJson(
        'logs',
        lines.map((line) => toJson(parseJson(line))),
      );
    else if (lines.length === 0) context.hint('nothing is logged yet');
    else for (const line of lines) context.print(toText(line));
    return 0;
  },
};

const LEVELS = ['debug', 'info', 'warn', 'error'];

/** A line that is no log line is shown, whatever it is. */
function isFrom(least: string): (line: string) => boolean {
  return (line) => {
    const level = stringAt(parseJson(line), 'level');
    return level === undefined || LEVELS.indexOf(level) >= LEVELS.indexOf(least);
  };
}

const LOOK_MS = 200;

/** With `--json`: the lines as they are. */
async function follow(context: CliContext, before: readonly string[], next: () => readonly string[]): Promise<number> {
  const show = (line: string) => context.print(context.options.json ? line : toText(line));
  for (const line of before) show(line);
  for (;;) {
    for (const line of next()) show(line);
    await sleep(LOOK_MS);
  }
}

/** `2026-11-21T10:00:00.000Z  info   daemon.started  pid=7 version=0.1.0` */
function toText(line: string): string {
  const value = parseJson(line);
  if (!isRecord(value)) return visible(line);
  const { time, level, event, ...facts } = value;
  const words = Object.entries(facts).map(([key, fact]) => `${key}=${wordOf(fact)}`);
  return visible(`${time}  ${String(level).padEnd(5)}  ${event}${words.length > 0 ? `  ${words.join(' ')}` : ''}`);
}

function wordOf(fact: unknown): string {
  return typeof fact === 'string' && !/[\s"=]/.test(fact) && fact !== '' ? fact : JSON.stringify(fact);
}

function countOf(text: unknown): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new KatoError('usage', `\`--lines ${text}\` is not a number of lines`, { hint: 'such as -n 50' });
}
