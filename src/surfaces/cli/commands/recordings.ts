import type { RecordingSummary } from '../../../app/kato.ts';
import type { CliCommand } from '../command.ts';
import { type CliContext, fitted } from '../context.ts';
import { failureInWords } from '../failures.ts';
import type { Output } from '../json.ts';
import { cut, visibleLine } from '../terminal.ts';
import { ago, bytes, count } from '../words.ts';

export const recordingsCommand: CliCommand = {
  define: (command) =>
    command
      .argument('[session]', 'only of this session')
      .description('list recordings: what is written where, and whether it goes on')
      .option('--on', 'only those that go on')
      .addHelpText(
        'after',
        '\nExamples:\n  kato recordings --on\n  kato recordings latest\n  kato recordings --json | jq -r ".data[].path"\n',
      ),
  async run(context, [selector], flags) {
    const kato = await context.kato();
    const text = typeof selector === 'string' ? selector : undefined;
    const session = text === undefined ? undefined : await kato.find({ text, cwd: context.services.cwd });
    const found = (await kato.recordings())
      .filter(({ sessionId }) => session === undefined || sessionId === session.id)
      .filter(({ on }) => on || flags.on !== true)
      .sort(inOrder);
    if (context.options.json) context.printJson('recordings', found.map(recordingJson));
    else if (found.length === 0)
      context.hint('nothing is recorded: `::record` in a chat, or `kato record SESSION`, begins');
    else {
      const lines = found.flatMap((one) => recordingLines(one, context));
      context.print(lines.map((line) => fitted(line, context.services.streams.stdout)).join('\n'));
    }
    return 0;
  },
};

/** What goes on before what does not; of that, first what is not where it was asked for, and what is stuck. */
export function inOrder(a: RecordingSummary, b: RecordingSummary): number {
  const sooner = Number(b.on) - Number(a.on) || urgency(b) - urgency(a);
  const [before, after] = [a.lastWriteAt ?? '', b.lastWriteAt ?? ''];
  return sooner || (before === after ? 0 : before < after ? 1 : -1);
}

/** How much a person should know of it. */
export function urgency({ on, redirectedFrom, failure }: RecordingSummary): number {
  if (!on) return 0;
  if (redirectedFrom !== undefined) return 2;
  return failure === undefined ? 0 : 1;
}

/** A recording as `--json` shows it. */
export function recordingJson(recording: RecordingSummary): Output<'recordings'>[number] {
  const { id, shortId, session, sessionId, title, path, format, on, lastWriteAt, bytes, offset } = recording;
  const { missing, edited, failure, redirectedFrom } = recording;
  return {
    ...{ id, shortId, session: sessionId, provider: session.provider, title: title ?? null, path, format, on },
    ...{ lastWriteAt: lastWriteAt ?? null, bytes, offset, missing, edited },
    ...(failure !== undefined && { failure }),
    ...(redirectedFrom !== undefined && { redirectedFrom }),
  };
}

/** The state and the session in one line, the path in the next: paths are what is copied. */
export function recordingLines(recording: RecordingSummary, context: CliContext): string[] {
  const { shortId, sessionId, title, path, redirectedFrom: from, on, lastWriteAt } = recording;
  const isTerminal = context.services.streams.stdout.isTTY === true;
  const width = isTerminal ? context.width : Number.MAX_SAFE_INTEGER;
  const written = lastWriteAt === undefined ? 'nothing yet' : ago(lastWriteAt, context.services.now());
  const head = `${shortId}  ${stateOf(recording)}  ${bytes(recording.bytes)}, ${written}`;
  const about = `  ${sessionId.slice(0, 8)} ${visibleLine(title ?? '(no title)')}`;
  const redirected = on && from !== undefined ? [`  redirected from ${context.shown(visibleLine(from))}`] : [];
  return [
    cut(head, width),
    `  ${context.shown(visibleLine(path))}`,
    ...redirected,
    cut(about, width),
    ...fileLines(recording),
  ];
}

/** What became of the file, and of its head. */
function fileLines(recording: RecordingSummary): string[] {
  const { edited, headFailure } = recording;
  const edits = edited ? editLines(recording) : [];
  if (headFailure === undefined) return edits;
  return [...edits, `  its head does not tell who takes part by now: ${failureInWords(headFailure)}`];
}

function editLines({ missing, on, shortId }: RecordingSummary): string[] {
  if (missing > 0) {
    return [
      `  a part of the file was taken out: ${count(missing, 'event')} may be missing`,
      `  hint: all of it: \`kato export --recording ${shortId}\``,
    ];
  }
  return [on ? '  the file was edited meanwhile; kato goes on at its end' : '  the file was edited'];
}

function stateOf({ on, failure }: RecordingSummary): string {
  if (!on) return 'off';
  return failure === undefined ? 'on' : `paused: ${failureInWords(failure)}`;
}
