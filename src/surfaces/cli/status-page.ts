/** What `kato status` shows: first what the daemon and the store do, then what goes wrong, then what is recorded. */
import type { KatoStatus } from '../../app/kato.ts';
import { commandLines } from './commands/commands.ts';
import { inOrder, recordingLines, urgency } from './commands/recordings.ts';
import type { CliContext } from './context.ts';
import { failureInWords } from './failures.ts';
import { cut, visibleLine, wrap } from './terminal.ts';
import { ago, bytes, count } from './words.ts';

const SHOWN = 5;
/** Where the second column begins. */
const INDENT = 12;
const NARROW = 60;

/** The status as people read it, as wide as the terminal. */
export function statusPage(status: KatoStatus, context: CliContext, isAll: boolean): string {
  const { store } = status;
  const most = isAll ? Number.MAX_SAFE_INTEGER : SHOWN;
  const lines = [
    ...daemonLines(status, context),
    `store       ${count(store.keptSessions, 'session')}, ${count(store.events, 'event')}, ${bytes(store.diskBytes)} on disk (${store.engine})`,
    ...engineLines(status),
    ...rawLines(status),
    ...goneLines(status),
    keepsLine(status),
    ...status.providers.flatMap((provider) => providerLines(provider, context)),
    behindLine(status),
    ...status.lag
      .slice(0, most)
      .map(({ path, lagBytes }) => `            ${bytes(lagBytes)} in ${context.shown(visibleLine(path))}`),
    ...more(status.lag.length, most),
    ...ingestLines(status, most, context),
    ...flawLines(status, most),
  ];
  const isTerminal = context.services.streams.stdout.isTTY === true;
  const width = isTerminal ? context.width : Number.MAX_SAFE_INTEGER;
  const told = lines.map((line) => wrap(line, width, line.startsWith(' ') ? 0 : INDENT));
  const beside = [...recordedLines(status, most, context), ...askedLines(status, most, context)];
  const wrapped = beside.map((line) => wrap(line, width, 2));
  return [...told, ...wrapped, ...recentLines(status, context, width)].join('\n');
}

/** Why the engine is not the usual one, and what is kept in another, where nobody looks. */
function engineLines({ store: { fallback, other } }: KatoStatus): string[] {
  const place = other?.engine === 'log' ? 'transcripts/' : 'kato.db';
  return [
    ...(fallback === undefined ? [] : [`            SQLite is not used: ${visibleLine(fallback)}`]),
    ...(other ? [`            ${bytes(other.bytes)} of transcripts in ${place} are not shown here`] : []),
  ];
}

function daemonLines({ daemon, memory }: KatoStatus, context: CliContext): string[] {
  if (!daemon.running) return ['daemon      not running (`kato start`)'];
  const now = context.services.now();
  const takes = memory ? `, ${bytes(memory.residentBytes)} of memory` : '';
  return [
    `daemon      running (pid ${daemon.pid}, version ${daemon.version}), started ${ago(daemon.startedAt, now)}${takes}`,
    ...daemon.components
      .filter(({ state }) => state !== 'running')
      .map(({ name, state, lastError, attempts }) => {
        const why = lastError === undefined ? '' : `: ${visibleLine(lastError.message)}`;
        return `            ${name} ${state === 'failed' ? 'failed for good' : 'does not run'} after ${count(attempts, 'start')}${why}`;
      }),
  ];
}

const KEEPS: Readonly<Record<KatoStatus['keeps'], string>> = {
  all: 'all conversations (autoGenerateSnapshots: true)',
  recorded: 'only recorded conversations (autoGenerateSnapshots: false)',
  mixed: 'all conversations in some folders, only recorded ones in others (autoGenerateSnapshots)',
};

function keepsLine({ keeps }: KatoStatus): string {
  return `keeps       ${KEEPS[keeps]}`;
}

/** What the store keeps of the agents' files, bit for bit. Little ones are not made smaller. */
function rawLines({ store: { rawBytes, rawStoredBytes } }: KatoStatus): string[] {
  if (rawBytes === 0) return [];
  const [whole, packed] = [bytes(rawBytes), bytes(rawStoredBytes)];
  return [`            ${whole} of session files${packed === whole ? '' : `, ${packed} compressed`}`];
}

function goneLines({ gone, goneUnkept: { whole, partly }, keeps }: KatoStatus): string[] {
  if (gone === 0) return [];
  const why = keeps === 'all' ? '' : ' (only recorded conversations are)';
  const lost = [
    ...(whole > 0 ? [`${whole} ${whole === 1 ? 'was' : 'were'} not kept${why}`] : []),
    ...(partly > 0 ? [`${partly} ${partly === 1 ? 'was' : 'were'} kept as far as recorded`] : []),
  ];
  const rest = lost.length === 0 ? ', all still here' : `; ${lost.join('; ')}`;
  return [`            ${count(gone, 'session file')} deleted by the agents${rest}`];
}

function behindLine({ lag, unkept: { whole, partly }, keeps }: KatoStatus): string {
  const sum = lag.reduce((all, { lagBytes }) => all + lagBytes, 0);
  const why = keeps === 'recorded' ? 'only recorded conversations are' : '`kato import` takes everything in';
  const unkept = [
    ...(whole > 0 ? [`${count(whole, 'session file')} ${whole === 1 ? 'is' : 'are'} not kept (${why})`] : []),
    ...(partly > 0 ? [`${count(partly, 'session file')} ${partly === 1 ? 'is' : 'are'} kept as far as recorded`] : []),
  ];
  const behind = lag.length === 0 ? 'nothing' : `${bytes(sum)} in ${count(lag.length, 'file')} not read yet`;
  if (unkept.length > 0) return `behind      ${[behind, ...unkept].join('; ')}`;
  return `behind      ${behind}${lag.length === 0 ? ': all that is on disk is here' : ''}`;
}

function providerLines(
  { label, roots, sources, lastAt }: KatoStatus['providers'][number],
  context: CliContext,
): string[] {
  const present = roots.filter(({ exists }) => exists);
  if (roots.length === 0) return [`${label.padEnd(11)} switched off`];
  const unreadable = roots.flatMap(({ path, unreadable: code }) =>
    code === undefined ? [] : [`cannot read ${context.shown(path)}: ${code === 'EACCES' ? 'permission denied' : code}`],
  );
  if (unreadable.length > 0) return [`${label.padEnd(11)} ${unreadable.join('; ')}`];
  if (present.length === 0)
    return [
      `${label.padEnd(11)} ${sources > 0 ? `${count(sources, 'file')}; ` : ''}no folder ${context.shown(roots[0]?.path ?? '')}`,
    ];
  return [
    `${label.padEnd(11)} ${count(sources, 'file')}, last activity ${lastAt === undefined ? 'unknown' : ago(lastAt, context.services.now())}`,
  ];
}

/** What keeps live ingest from its work, and what only slows it down. */
function ingestLines({ ingest }: KatoStatus, most: number, context: CliContext): string[] {
  if (!ingest) return [];
  const polled = ingest.roots.filter(({ mode }) => mode === 'polling');
  const stuck = [...ingest.failing, ...ingest.unreadable];
  return [
    ...polled.map(
      ({ path, reason = '' }) => `polling     ${context.shown(path)}: the system does not watch it (${reason})`,
    ),
    ...stuck
      .slice(0, most)
      .map(({ path, code }) => `waits       ${context.shown(visibleLine(path))}: ${failureInWords(code)}`),
    ...more(stuck.length, most),
  ];
}

/** What is being recorded; first, and all of it, what is not where it was asked for, and what does not go on. */
function recordedLines({ recordings }: KatoStatus, most: number, context: CliContext): string[] {
  const on = recordings.filter((one) => one.on).sort(inOrder);
  if (on.length === 0) return [];
  const shown = Math.max(most, on.filter((one) => urgency(one) > 0).length);
  const lines = on.slice(0, shown).flatMap((one) => recordingLines(one, context).map((line) => `  ${line}`));
  return ['recording:', ...lines, ...more(on.length, shown)];
}

/** What was asked in the chats lately. What went the same wrong way more than once is shown once. */
function askedLines({ commands }: KatoStatus, most: number, context: CliContext): string[] {
  const meant = commands.filter(({ kind }) => kind !== 'ignored'); // Old history is no news.
  if (meant.length === 0) return [];
  const names = meant.map(nameOf);
  const shown = meant.filter(({ kind }, index) => !WRONG.has(kind) || names.indexOf(names[index] ?? '') === index);
  return [
    'asked in the chats, newest first:',
    ...commandLines(shown.slice(0, most), context).map((line) => `  ${line}`),
  ];
}

function nameOf({ sessionId, line, kind, reason, paths }: KatoStatus['commands'][number]): string {
  return JSON.stringify([sessionId, line, kind, reason, paths]);
}

const WRONG: ReadonlySet<string> = new Set(['redirected', 'denied', 'failed']);

function flawLines({ flaws }: KatoStatus, most: number): string[] {
  if (flaws.length === 0) return [];
  const shown = flaws
    .slice(0, most)
    .map(
      ({ code, about, count: times }) =>
        `            ${times} × ${code}${about === undefined ? '' : ` ${visibleLine(about)}`}`,
    );
  return ['not understood, or damaged; kept raw:', ...shown, ...more(flaws.length, most)];
}

function recentLines({ recent, active }: KatoStatus, context: CliContext, width: number): string[] {
  if (recent.length === 0) return [];
  const now = context.services.now();
  const widest = Math.max(...recent.map(({ key }) => key.provider.length));
  const rows = recent.flatMap(({ id, shortId, facts, key }) => {
    const title = visibleLine(facts.title?.text ?? '(no title)');
    const when = ago(facts.lastAt, now);
    const mark = active.includes(id) ? '●' : ' ';
    if (width < NARROW) return [`${mark} ${shortId}  ${when}`, `    ${title}`];
    return [`${mark} ${shortId}  ${when.padEnd(9)} ${key.provider.padEnd(widest)}  ${title}`];
  });
  const isMarked = recent.some(({ id }) => active.includes(id));
  const head = isMarked ? 'recent (● something new in the last 10 minutes):' : 'recent:';
  return [wrap(head, width, 2), ...rows.map((row) => cut(row, width))];
}

function more(all: number, shown: number): string[] {
  return all > shown ? [`            … and ${all - shown} more (--all)`] : [];
}
