import { resolve } from 'node:path';
import { sessionId, shortId } from '../../../core/session.ts';
import type { CliCommand } from '../command.ts';
import type { CliContext, Migration } from '../context.ts';
import { Progress } from '../progress.ts';
import { visibleLine } from '../terminal.ts';
import { count } from '../words.ts';

export const migrateCommand: CliCommand = {
  define: (command) =>
    command
      .description('bring what the log engine has kept into the SQLite store')
      .option('--from <dir>', 'a home of the prototype, or its sessions folder, whose twins to take in instead')
      .option('--dry-run', 'only say what would be done')
      .addHelpText('after', HELP),
  async run(context, _args, flags) {
    const dryRun = flags.dryRun === true;
    const progress = new Progress(context);
    const report = await context.services.migrate(context.katoHome, await context.config(), {
      dryRun,
      ...(typeof flags.from === 'string' && { from: resolve(context.services.cwd, flags.from) }),
      onProgress: (done, total) => progress.step(done, total, 'sessions'),
    });
    progress.end();
    if (context.options.json) context.printJson('migrate', toJson(report, dryRun));
    else context.print(page(report, context, dryRun).join('\n'));
    if (!report.isDone)
      context.hint(
        'what was left is as it was, and nothing of it is deleted; `kato show SESSION --engine log` reads it',
      );
    return report.isDone ? 0 : 1;
  },
};

const HELP = `
A daemon does the same when it starts. Each session is brought over whole or not at all; a log that is in the store to its last line is put aside, in transcripts/migrated/. Where both sides have something that the other has not, and nothing says which comes first, nothing is merged: the log stays, and the first place where they differ is named. kato show and kato export read a session that only such a log has from it, and say so; of one that both have they read the store, and with --engine log the log. Exit status 1 when something was left.

The prototype's files are only read; of its sessions, those come that no agent has any more.

Examples:
  kato migrate --dry-run
  kato migrate --from ~/old-kato/sessions
  kato migrate --json | jq '.data.sessions[] | select(.outcome == "left")'
`;

type Session = Migration['sessions'][number];

const OUTCOMES: Readonly<Record<Session['outcome'], string>> = {
  imported: 'imported',
  'tail-kept': 'tail kept',
  'already-there': 'already there',
  left: 'left',
};

function page({ sessions, rest }: Migration, context: CliContext, dryRun: boolean): string[] {
  if (sessions.length === 0 && !rest) return ['there is no log to bring over'];
  const lines = sessions.map((session) => line(session, context));
  const restLine = rest ? [`${'left'.padEnd(13)}  what belongs to no session: ${visibleLine(rest.what)}`] : [];
  const told = Object.entries(OUTCOMES).flatMap(([outcome, words]) => {
    const found = sessions.filter((session) => session.outcome === outcome).length;
    return found > 0 ? [`${found} ${words}`] : [];
  });
  const all = `${count(sessions.length, 'session')}: ${told.join(', ')}`;
  return [...lines, ...restLine, dryRun ? `${all} (dry run: nothing was changed)` : all];
}

function line({ log, session, outcome, events, reason, what, difference }: Session, context: CliContext): string {
  const name = session ? `${shortId(sessionId(session))} ${session.provider}/${session.nativeId}` : log;
  const told = events > 0 ? ` ${count(events, 'event')}` : '';
  const place = difference?.log ?? difference?.store;
  const why = [reason, what, place && `first at seq ${place.seq}`].filter((word) => word !== undefined).join(': ');
  const head = OUTCOMES[outcome].padEnd(13);
  const shown = outcome === 'left' ? context.out.yellow(head) : head;
  return `${shown}  ${visibleLine(`${name}${told}${why === '' ? '' : ` (${why})`}`)}`;
}

function toJson({ sessions, rest, isDone }: Migration, dryRun: boolean) {
  return {
    done: isDone,
    dryRun,
    sessions: sessions.map(({ session, reason, what, difference, ...known }) => ({
      ...known,
      provider: session?.provider ?? null,
      nativeId: session?.nativeId ?? null,
      reason: reason ?? null,
      what: what ?? null,
      difference: difference ? { log: difference.log ?? null, store: difference.store ?? null } : null,
    })),
    rest: rest ?? null,
  };
}
