/** The main job on sample sessions that we made, in a temporary home: import, list, export, and the exported file. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kato, SessionSummary } from '../../../app/kato.ts';
import { homePaths } from '../../../config/paths.ts';
import { configTemplate } from '../../../config/template.ts';
import type { CliCommand } from '../command.ts';
import type { CliContext } from '../context.ts';
import { renderRequest } from '../render-options.ts';
import { visible, visibleLine } from '../terminal.ts';
import { bytes, count } from '../words.ts';

export const demoCommand: CliCommand = {
  define: (command) =>
    command
      .description('the whole story on sample sessions, in a temporary folder')
      .addHelpText(
        'after',
        '\nTouches nothing of yours: it works in a new folder below the temporary folder, and says where.\n\nExamples:\n  kato demo\n  kato demo -q > demo.md\n',
      ),
  async run(context) {
    const folder = mkdtempSync(join(tmpdir(), 'kato-demo-'));
    cpSync(context.services.samples, join(folder, 'agents'), { recursive: true });
    const home = join(folder, 'kato');
    const { config } = homePaths(home);
    mkdirSync(home, { mode: 0o700 });
    writeFileSync(config, configTemplate({ keepAll: true, writeRoots: [] }), { mode: 0o600 });
    const variables = {
      CLAUDE_CONFIG_DIR: join(folder, 'agents', 'claude'),
      CODEX_HOME: join(folder, 'agents', 'codex'),
      GEMINI_CLI_HOME: join(folder, 'agents', 'gemini'),
    };
    const kato = await context.services.openKato(home, await context.services.loadConfig(home), variables);
    try {
      await tellStory(context, kato, folder);
    } finally {
      await kato.close();
    }
    return 0;
  },
};

async function tellStory(context: CliContext, kato: Kato, folder: string): Promise<void> {
  const step = (text: string) => context.note(`\n${text}`, context.err.bold);
  step('1. Three agents have written session files (samples that we made). kato takes them in: kato import');
  const report = await kato.import({});
  context.note(
    `   ${count(report.events, 'event')} in ${count(report.sessions, 'session')}, ${bytes(report.bytesRead)} read`,
  );
  step('2. What is kept now: kato sessions');
  const sessions = await kato.sessions({});
  for (const session of sessions) context.note(`   ${line(session)}`);
  step('3. A second import finds nothing new, and reads nothing: kato import');
  const again = await kato.import({});
  context.note(`   ${count(again.events, 'new event')}, ${bytes(again.bytesRead)} read`);
  const chosen = sessions.find(({ key }) => key.provider === 'claude-code') ?? sessions[0];
  if (!chosen) return;
  const request = renderRequest(
    'markdown',
    { preset: 'full' },
    await context.services.loadConfig(join(folder, 'kato')),
  );
  const exported = await kato.export({ ...request, key: chosen.key });
  step(`4. One of them as Markdown: kato export ${chosen.shortId} --preset full`);
  context.print(`\n${visible(readFileSync(exported.path, 'utf8'))}`);
  step('The file is here, with the others in the same way:');
  context.note(`   ${exported.path}`);
  context.hint('now with your own: kato init, then kato import');
}

function line({ shortId, key, facts }: SessionSummary): string {
  return `${shortId}  ${key.provider.padEnd(11)}  ${visibleLine(facts.title?.text ?? '(no title)')}`;
}
