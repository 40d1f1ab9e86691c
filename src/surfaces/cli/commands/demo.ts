/**
 * The whole story, in a temporary home: sessions that agents have left are taken in, listed and exported; then the real
 * daemon listens to an agent that writes while we look on, and does what is typed in its chat.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionSummary } from '../../../app/kato.ts';
import { homePaths } from '../../../config/paths.ts';
import { configTemplate } from '../../../config/template.ts';
import { KatoError } from '../../../core/errors.ts';
import type { CliCommand } from '../command.ts';
import type { CliContext } from '../context.ts';
import { conversation, DemoAgent } from '../demo-session.ts';
import { renderRequest } from '../render-options.ts';
import { visible, visibleLine } from '../terminal.ts';
import { bytes, count } from '../words.ts';

/** So that it can be followed by eye; without a terminal nobody looks on. */
const PAUSE_MS = 500;
const POLL_MS = 5;
const RECORDED_WITHIN_MS = 20_000;

export const demoCommand: CliCommand = {
  define: (command) =>
    command
      .description('the whole story in ten seconds, in a temporary folder')
      .addHelpText(
        'after',
        '\nTouches nothing of yours: it works in a new folder below the temporary folder, and says where.\n\nExamples:\n  kato demo\n  kato demo -q > demo.md\n',
      ),
  async run(context) {
    const folder = mkdtempSync(join(tmpdir(), 'kato-demo-'));
    const home = join(folder, 'kato');
    const agents = join(folder, 'agents');
    cpSync(context.services.samples, agents, { recursive: true });
    mkdirSync(home, { mode: 0o700 });
    const template = configTemplate({ keepAll: true, writeRoots: [] });
    writeFileSync(homePaths(home).config, template + rootsIn(agents, context.services.providers), { mode: 0o600 });
    await tellOfFiles(context, home);
    await tellOfLiving(context, home, folder);
    context.hint('now with your own: kato init, then kato start');
    const quoted = /^[\w./-]+$/.test(folder) ? folder : `'${folder}'`; // A temporary folder may have any name.
    context.note(`To remove all of this again: rm -r ${quoted}`);
    return 0;
  },
};

/** Named in the settings, so that no variable of the user leads the daemon to their own sessions. */
function rootsIn(agents: string, providers: readonly { readonly id: string }[]): string {
  const samples: Readonly<Record<string, string>> = {
    'claude-code': 'claude/projects',
    codex: 'codex',
    'gemini-cli': 'gemini/.gemini/tmp',
  };
  const lines = providers.map(({ id }) => {
    const sample = samples[id];
    // Agents without a sample are switched off: left out, they would have the user's own folders.
    const roots = sample === undefined ? '[]' : `[{ path: ${JSON.stringify(join(agents, sample))} }]`;
    return `  ${id}: { roots: ${roots} }\n`;
  });
  return `\nproviders:\n${lines.join('')}`;
}

async function tellOfFiles(context: CliContext, home: string): Promise<void> {
  const config = await context.services.loadConfig(home);
  const kato = await context.services.openKato(home, config);
  try {
    step(context, '1. Three agents have written session files (samples that we made). kato takes them in: kato import');
    const report = await kato.import({});
    const taken = `${count(report.events, 'event')} in ${count(report.sessions, 'session')}`;
    context.note(`   ${taken}, ${bytes(report.bytesRead)} read`);
    const again = await kato.import({});
    context.note(`   once more: ${count(again.events, 'new event')}, ${bytes(again.bytesRead)} read`);
    step(context, '2. What is kept now: kato sessions');
    const sessions = await kato.sessions({});
    for (const session of sessions) context.note(`   ${line(session)}`);
    const chosen = sessions.find(({ key }) => key.provider === 'claude-code');
    if (!chosen) return;
    step(context, `3. One of them as Markdown: kato export ${chosen.shortId} --preset full`);
    const request = renderRequest('markdown', { preset: 'full' }, config);
    const exported = await kato.export({ ...request, key: chosen.key });
    context.note(`   ${exported.path}`);
  } finally {
    await kato.close();
  }
}

/** The daemon is a process of its own: it is ended also when the story is broken off. */
async function tellOfLiving(context: CliContext, home: string, folder: string): Promise<void> {
  const { daemon } = context.services;
  const breakOff = () => void daemon.stop(home).finally(() => process.exit(130));
  process.once('SIGINT', breakOff).once('SIGTERM', breakOff);
  try {
    step(context, '4. From now on it listens: kato start. An agent is at work, and its person types ::capture');
    await daemon.start(home);
    const file = await converse(context, folder);
    context.print(`\n${visible(readFileSync(file, 'utf8'))}`);
    step(context, 'The file is here:');
    context.note(`   ${file}`);
  } finally {
    await daemon.stop(home);
    process.off('SIGINT', breakOff).off('SIGTERM', breakOff);
  }
}

/** Says the conversation, each line when the one before it is where it belongs; the recorded file. */
async function converse(context: CliContext, folder: string): Promise<string> {
  const cwd = join(folder, 'tea-shop');
  const file = join(cwd, 'notes', 'tea.md');
  const agent = new DemoAgent(join(folder, 'agents', 'claude', 'projects'), cwd);
  const isWatched = context.services.streams.stderr.isTTY === true && !context.options.quiet;
  let isRecorded = false;
  for (const said of conversation) {
    if (isWatched) await sleep(PAUSE_MS);
    const began = performance.now();
    agent.say(said);
    const [first = '', ...rest] = said.text.split('\n');
    context.note(`   ${said.by.padEnd(5)} │ ${first}${rest.length > 0 ? ' …' : ''}`);
    isRecorded ||= said.text.startsWith('::capture');
    if (!isRecorded) continue;
    const size = await holding(file, said.text);
    const took = `${(performance.now() - began).toFixed(0)} ms later`;
    context.note(`         └ ${took}: notes/tea.md, ${bytes(size)}`, context.err.dim);
  }
  return file;
}

/** Waits until the file holds the text; its size in bytes. */
async function holding(file: string, text: string): Promise<number> {
  const end = performance.now() + RECORDED_WITHIN_MS;
  for (;;) {
    const held = readIfThere(file);
    if (held.includes(text)) return Buffer.byteLength(held);
    if (performance.now() > end) break;
    await sleep(POLL_MS);
  }
  throw new KatoError('daemon-failed', 'the daemon did not record the demonstration in time', {
    hint: 'the machine may be very busy: run it again',
  });
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // Not there yet.
  }
}

function step(context: CliContext, text: string): void {
  context.note(`\n${text}`, context.err.bold);
}

function line({ shortId, key, facts }: SessionSummary): string {
  return `${shortId}  ${key.provider.padEnd(11)}  ${visibleLine(facts.title?.text ?? '(no title)')}`;
}
