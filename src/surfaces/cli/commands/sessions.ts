import { basename } from 'node:path';
import type { SessionSummary } from '../../../app/kato.ts';
import { KatoError } from '../../../core/errors.ts';
import type { CliCommand } from '../command.ts';
import type { CliContext } from '../context.ts';
import type { SessionJson } from '../json.ts';
import { page } from '../pager.ts';
import { cut, displayWidth, pad, visibleLine } from '../terminal.ts';
import { ago, count, parseSince } from '../words.ts';

export const sessionsCommand: CliCommand = {
  define: (command) =>
    command
      .alias('ls')
      .description('list sessions, newest activity first')
      .option('--provider <id>', 'only this provider')
      .option('--project <dir>', 'only sessions that worked in this folder or below it')
      .option('--since <when>', 'only with activity since then: 7d, 12h, yesterday, 2026-11-01')
      .option('--subagents', "sub-agents' sessions too")
      .option('-n, --limit <count>', 'at most so many')
      .addHelpText(
        'after',
        '\nExamples:\n  kato sessions --since 7d\n  kato ls --project . --provider codex\n  kato sessions --json | jq -r ".data[].id"\n',
      ),
  async run(context, _args, flags) {
    const filter = {
      ...(typeof flags.provider === 'string' && { provider: flags.provider }),
      ...(typeof flags.project === 'string' && { project: context.resolve(flags.project) }),
      ...(typeof flags.since === 'string' && { since: sinceOf(context, flags.since) }),
      subagents: flags.subagents === true,
    };
    const kato = await context.kato();
    const all = await kato.sessions(filter);
    const sessions = typeof flags.limit === 'string' ? all.slice(0, limitOf(flags.limit)) : all;
    const kept = sessions.length > 0 ? sessions : await kato.sessions({ subagents: true });
    // Programs that write transcripts themselves are providers that only the store knows.
    const { provider } = filter;
    if (provider !== undefined && !kept.some(({ key }) => key.provider === provider)) knownProvider(context, provider);
    if (kept.length > 0 && sessions.length === 0) return noMatch(context, kept.length);
    if (context.options.json) context.printJson('sessions', sessions.map(sessionJson));
    else if (sessions.length === 0) context.hint('nothing here yet: `kato import` takes in what the agents have');
    else if (context.services.streams.stdout.isTTY === true) await page(context, once(`${table(sessions, context)}\n`));
    else context.print(table(sessions, context));
    return 0;
  },
};

const NOTHING_MATCHES = 3;

/** No session is as was asked for, but there are others. With `--json` that is a list too, of none. */
function noMatch(context: CliContext, kept: number): number {
  const what = `nothing matches; ${count(kept, 'session')} ${kept === 1 ? 'is' : 'are'} kept`;
  if (!context.options.json) throw new KatoError('session-not-found', what, { hint: 'ask for less: `kato sessions`' });
  context.warn(what);
  context.printJson('sessions', []);
  return NOTHING_MATCHES;
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}

export function sinceOf(context: CliContext, text: string): string {
  const since = parseSince(text, context.services.now());
  if (since !== undefined) return since;
  throw new KatoError('usage', `\`${text}\` is no point in time`, { hint: 'such as 7d, 12h, yesterday, 2026-11-01' });
}

export function knownProvider(context: CliContext, id: string): string {
  const ids = context.services.providers.map((provider) => provider.id);
  if (ids.includes(id)) return id;
  throw new KatoError('usage', `no provider \`${id}\``, { hint: `known: ${ids.join(', ')}` });
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (Number.isSafeInteger(limit) && limit > 0) return limit;
  throw new KatoError('usage', `\`--limit ${text}\` is not a number of sessions`, { hint: 'such as --limit 20' });
}

/** A session as `--json` shows it. */
export function sessionJson({ key, id, shortId, facts, events, isSubagent }: SessionSummary): SessionJson {
  return {
    id,
    shortId,
    provider: key.provider,
    nativeId: key.nativeId,
    title: facts.title?.text ?? null,
    cwd: facts.cwd ?? null,
    gitBranch: facts.gitBranch ?? null,
    models: facts.models ?? [],
    firstAt: facts.firstAt ?? null,
    lastAt: facts.lastAt ?? null,
    parent: facts.parent === undefined ? null : { nativeId: facts.parent.nativeId, relation: facts.parent.relation },
    subagent: isSubagent,
    events,
  };
}

const NARROW = 60;

/** A line a session; on a narrow terminal a title under each. Piped: nothing is cut. */
function table(sessions: readonly SessionSummary[], context: CliContext): string {
  const now = context.services.now();
  const isTerminal = context.services.streams.stdout.isTTY === true;
  const rows = sessions.map(({ shortId, key, facts, isSubagent }) => ({
    id: shortId,
    when: ago(facts.lastAt, now),
    provider: key.provider,
    project: visibleLine(facts.cwd === undefined ? '' : basename(facts.cwd)),
    title: (isSubagent ? '↳ ' : '') + visibleLine(facts.title?.text ?? '(no title)'),
  }));
  const widest = (of: (row: (typeof rows)[number]) => string, most: number) =>
    Math.min(most, Math.max(...rows.map((row) => displayWidth(of(row)))));
  const columns = {
    when: widest((row) => row.when, 9),
    provider: widest((row) => row.provider, 12),
    project: widest((row) => row.project, 24),
  };
  const width = isTerminal ? context.width : Number.MAX_SAFE_INTEGER;
  return rows
    .map(({ id, when, provider, project, title }) => {
      if (width < NARROW)
        return `${context.out.bold(id)}  ${cut(`${when}  ${provider}`, width - 10)}\n  ${cut(title, width - 2)}`;
      const head = `${pad(when, columns.when)}  ${pad(provider, columns.provider)}  ${pad(cut(project, columns.project), columns.project)}`;
      return `${context.out.bold(id)}  ${head}  ${cut(title, width - 12 - displayWidth(head))}`;
    })
    .join('\n');
}
