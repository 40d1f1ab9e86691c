/** `record`, `capture` and `stop-recording`: the commands of the chat, from outside it. */
import { statSync } from 'node:fs';
import type { Answer, Kato, OutsideCommand, RecordingSummary, SessionSummary } from '../../../app/kato.ts';
import { KatoError } from '../../../core/errors.ts';
import type { CommandOptions } from '../../../record/command-arguments.ts';
import type { StopTarget } from '../../../record/commands.ts';
import { presetNames } from '../../../record/formats/presets.ts';
import { type ViewSwitch, viewSwitches } from '../../../record/view.ts';
import type { CliCommand } from '../command.ts';
import type { CliContext } from '../context.ts';
import type { Output } from '../json.ts';
import { reasonAbout } from '../outcome.ts';
import { collect, wholeNumber } from '../render-options.ts';

const SESSION = 'a session id or a prefix of one, provider/…, latest, or @here';
const DEST = 'a file or folder; without it, the session’s own destination, else a file among the recordings';

export const recordCommand: CliCommand = {
  define: (command) =>
    withView(command.argument('<session>', SESSION).argument('[dest]', DEST))
      .description('record a session from here on, as ::record in its chat does')
      .addHelpText('after', '\nExamples:\n  kato record latest\n  kato record @here notes/today.md --with tools\n'),
  run: (context, [session, dest], flags) => {
    const command = { verb: 'record', ...toDest(context, dest), options: toOptions(flags) } as const;
    return ask(context, session, () => command);
  },
};

export const captureCommand: CliCommand = {
  define: (command) =>
    withView(command.argument('<session>', SESSION).argument('[dest]', DEST))
      .option('--last <turns>', 'of what was said so far, only the last so many turns')
      .description('write a whole session to a file, and go on recording it there, as ::capture does')
      .addHelpText('after', '\nExamples:\n  kato capture latest\n  kato capture 1c2f9a77 ~/notes/retry-queue.md\n'),
  run: (context, [session, dest], flags) => {
    const command = { verb: 'capture', ...toDest(context, dest), options: toOptions(flags) } as const;
    return ask(context, session, () => command);
  },
};

export const stopRecordingCommand: CliCommand = {
  define: (command) =>
    command
      .argument('<session>', SESSION)
      .argument('[recording]', 'one of its recordings: id:PREFIX, dest:PATH, or either; without it, all of them')
      .description('end the recordings of a session, as ::stop does')
      .addHelpText(
        'after',
        '\nExamples:\n  kato stop-recording latest\n  kato stop-recording 1c2f9a77 id:239a\n  kato stop-recording @here dest:notes/today.md\n',
      ),
  run: (context, [session, target], _flags) =>
    ask(context, session, async (kato, { id }) => {
      if (typeof target !== 'string') return { verb: 'stop' };
      const own = (await kato.recordings()).filter(({ sessionId }) => sessionId === id);
      return { verb: 'stop', target: toTarget(context, target, own) };
    }),
};

function withView(command: Parameters<CliCommand['define']>[0]): Parameters<CliCommand['define']>[0] {
  return command
    .option('--preset <name>', `what to show: ${presetNames.join(', ')}`)
    .option('--with <names>', `also show, separated by commas: ${viewSwitches.join(', ')}`, collect)
    .option('--without <names>', 'do not show these', collect)
    .option('--overwrite', 'replace what the file holds; it is kept beside the new one');
}

type Made = OutsideCommand | Promise<OutsideCommand>;

async function ask(
  context: CliContext,
  selector: unknown,
  make: (kato: Kato, session: SessionSummary) => Made,
): Promise<number> {
  const kato = await context.kato();
  const session = await kato.find({ text: String(selector), cwd: context.services.cwd });
  const command = await make(kato, session);
  const answer = await kato.record(session.key, command);
  if (answer.kind === 'denied' || answer.kind === 'failed') throw refusal(answer, command, context);
  if (context.options.json) context.printJson('record', toJson(session, answer));
  else tell(context, session, command, answer);
  if (command.verb !== 'stop' && !(await kato.status()).daemon.running)
    context.hint('it goes on when the daemon runs: `kato start`');
  return 0;
}

function toJson({ id }: SessionSummary, { kind, reason, hint, paths }: Answer): Output<'record'> {
  return {
    ...{ session: id, kind, paths: [...paths] },
    ...(reason !== undefined && { reason }),
    ...(hint !== undefined && { hint }),
  };
}

function tell(context: CliContext, { shortId }: SessionSummary, { verb }: OutsideCommand, answer: Answer): void {
  const { kind, reason, hint, asked, paths } = answer;
  if (kind === 'redirected') {
    const place = asked === undefined ? 'the place that was asked for' : context.shown(asked);
    context.warn(`it is written elsewhere: ${reasonAbout(place, reason ?? '')}`);
    if (hint !== undefined) context.hint(hint);
  } else if (reason !== undefined && (verb === 'stop' || kind !== 'no-op')) context.note(reason);
  if (verb !== 'stop')
    context.note(kind === 'no-op' ? `${shortId} is being recorded there already` : `recording ${shortId}`);
  for (const path of paths) context.print(verb === 'stop' ? `stopped ${path}` : path);
}

function refusal(answer: Answer, command: OutsideCommand, context: CliContext) {
  const { kind, reason = 'it was refused', hint = 'choose another place', paths } = answer;
  const [path] = paths;
  if (kind === 'denied')
    return new KatoError('denied', `may not write ${path === undefined ? 'there' : context.shown(path)}: ${reason}`, {
      hint,
    });
  if (command.verb === 'stop')
    return new KatoError('session-not-found', reason, { hint: '`kato recordings` lists them' });
  return new KatoError('write-failed', reason);
}

function toDest(context: CliContext, dest: unknown): { readonly dest?: string } {
  return typeof dest === 'string' ? { dest: context.resolve(dest) } : {};
}

/**
 * A bare word that could be an id is one, for there is no file of such a name to be recorded to. A path is seen from the
 * working directory where it leads to a recording from there; else as the chat would see it, from the session's folder.
 */
function toTarget(context: CliContext, text: string, recordings: readonly RecordingSummary[]): StopTarget {
  const [, kind = '', rest = text] = /^(id|dest):(.+)$/is.exec(text) ?? [];
  const isId = kind === '' ? /^[0-9a-f][0-9a-f-]{3,}$/i.test(text) : kind.toLowerCase() === 'id';
  if (isId) return { by: 'id', text: rest };
  const path = context.resolve(rest);
  const isHere = recordings.some((one) => one.on && (one.path === path || one.redirectedFrom === path));
  return { by: 'dest', text: isHere || isFolder(path) ? path : rest };
}

/** What stands for a recording in a folder is for the session to say. */
function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function toOptions(flags: Readonly<Record<string, unknown>>): CommandOptions {
  const { preset, last, overwrite } = flags;
  const switches = Object.fromEntries([
    ...toNames(flags.with).map((name) => [name, true] as const),
    ...toNames(flags.without).map((name) => [name, false] as const),
  ]);
  const known = presetNames.find((name) => name === preset);
  if (preset !== undefined && known === undefined)
    throw new KatoError('usage', `no preset \`${preset}\``, { hint: `presets: ${presetNames.join(', ')}` });
  return {
    ...(known !== undefined && { preset: known }),
    ...(Object.keys(switches).length > 0 && { switches }),
    ...(typeof last === 'string' && { last: wholeNumber(last) }),
    ...(overwrite === true && { overwrite: true }),
  };
}

function toNames(value: unknown): readonly ViewSwitch[] {
  const names = Array.isArray(value) ? value : [];
  return names.map((asked: unknown) => {
    const known = viewSwitches.find((name) => name === asked);
    if (known !== undefined) return known;
    throw new KatoError('usage', `nothing to show is called \`${asked}\``, {
      hint: `known: ${viewSwitches.join(', ')}`,
    });
  });
}
