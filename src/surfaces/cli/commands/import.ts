import type { ImportReport } from '../../../app/kato.ts';
import type { DiagnosticCode } from '../../../core/diagnostic.ts';
import type { CliCommand } from '../command.ts';
import type { CliContext } from '../context.ts';
import type { Output } from '../json.ts';
import { Progress } from '../progress.ts';
import { bytes, count } from '../words.ts';
import { knownProvider, sinceOf } from './sessions.ts';

export const importCommand: CliCommand = {
  define: (command) =>
    command
      .argument('[path...]', "session files or folders; without any, everything below the agents' folders")
      .description('take existing sessions into the store; safe to stop and to repeat')
      .option('--all', 'everything below the agents’ folders (the default without paths)')
      .option('--provider <id>', 'only this provider')
      .option('--since <when>', 'only files changed since then: 7d, 12h, yesterday, 2026-11-01')
      .option('--dry-run', 'say what would be read, and read nothing')
      .addHelpText(
        'after',
        '\nExamples:\n  kato import\n  kato import --provider codex --since 30d\n  kato import ~/backup/.claude/projects\n',
      ),
  async run(context, [paths], flags) {
    const named = (paths as readonly string[] | undefined) ?? [];
    const request = {
      ...(named.length > 0 && { paths: named.map((path) => context.resolve(path).replace(/(?<=.)\/+$/, '')) }),
      ...(typeof flags.provider === 'string' && { provider: knownProvider(context, flags.provider) }),
      ...(typeof flags.since === 'string' && { since: sinceOf(context, flags.since) }),
      dryRun: flags.dryRun === true,
    };
    const kato = await context.kato();
    const progress = new Progress(context);
    const stop = new AbortController();
    const onSignal = () => stop.abort();
    process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
    try {
      const report = await kato.import(
        request,
        (done) => progress.update(done.bytesDone, done.bytesTotal, count(done.events, 'event')),
        stop.signal,
      );
      progress.end();
      return tell(context, report);
    } finally {
      progress.end();
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    }
  },
};

const STOPPED = 130;
/** Words for the system's codes that people meet. */
const CODES: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EFBIG: 'it is too large for the memory',
};

function tell(context: CliContext, report: ImportReport): number {
  for (const { path, code } of report.unreadable)
    context.warn(`cannot read ${context.shown(path)}: ${CODES[code] ?? code}`);
  for (const path of report.incomplete)
    context.warn(`${context.shown(path)} is incomplete; it is read when its agent has written it to the end`);
  for (const path of report.unknown) context.warn(`no session of a known agent in ${context.shown(path)}`);
  for (const path of report.forgotten)
    context.warn(`the session in ${context.shown(path)} was forgotten; it is not taken in again`);
  if (context.options.json) context.printJson('import', toJson(report));
  else context.print(summary(report));
  if (report.stopped) {
    context.hint('stopped; `kato import` goes on where it was');
    return STOPPED;
  }
  const isNothing = report.filesExamined === 0 && report.unknown.length > 0;
  return isNothing ? 3 : report.unreadable.length > 0 ? 1 : 0;
}

function toJson({ diagnostics, ...report }: ImportReport): Output<'import'> {
  return { ...report, flaws: diagnostics };
}

function summary(report: ImportReport): string {
  if (report.planned) {
    const { files, bytes: size } = report.planned;
    return `would read ${count(files, 'file')} (${bytes(size)}); ${count(report.unchanged, 'file')} unchanged`;
  }
  if (report.filesRead === 0) {
    const looked = report.filesExamined - report.forgotten.length;
    return looked === 0 && report.forgotten.length > 0 ? 'nothing taken in' : `nothing new in ${count(looked, 'file')}`;
  }
  const [damaged, large] = [timesOf(report, DAMAGED), timesOf(report, ['oversize-frame'])];
  const note =
    (damaged === 0 ? '' : `; ${count(damaged, 'damaged line')} kept raw`) +
    (large === 0 ? '' : `; ${count(large, 'record')} too large to be shown, kept raw`);
  return `${count(report.events, 'event')} in ${count(report.sessions, 'session')}, from ${count(report.filesRead, 'file')} (${bytes(report.bytesRead)} read)${note}`;
}

const DAMAGED: readonly DiagnosticCode[] = ['invalid-line', 'nul-bytes', 'unreadable-rest'];

function timesOf({ diagnostics }: ImportReport, codes: readonly DiagnosticCode[]): number {
  return diagnostics.filter(({ code }) => codes.includes(code)).reduce((sum, flaw) => sum + flaw.count, 0);
}
