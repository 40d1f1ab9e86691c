/** Kato itself in tests, without its command line: real files and a real store, in a home of its own. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Kato, RenderRequest, SessionSummary } from '../../src/app/kato.ts';
import { parseConfig } from '../../src/config/load.ts';
import { openKato } from '../../src/main.ts';
import { providers } from '../../src/providers/registry.ts';
import type { Preset } from '../../src/record/formats/format.ts';
import { TestHome } from './cli.ts';
import { optionsFor } from './render.ts';
import type { SessionFile } from './session-files.ts';

interface TestContext {
  after(fn: () => void | Promise<void>): void;
}

export class TestKato {
  readonly home: TestHome;
  readonly kato: Kato;

  private constructor(home: TestHome, kato: Kato) {
    this.home = home;
    this.kato = kato;
  }

  /** Opens Kato with the settings of this YAML. */
  static async open(t: TestContext, settings = ''): Promise<TestKato> {
    const home = new TestHome(t);
    const config = parseConfig(`version: 1\n${settings}`, 'config.yaml', {
      home: home.folder,
      providers: providers.map(({ id }) => id),
    });
    const kato = await openKato({ katoHome: home.kato, userHome: home.folder, variables: {} }, config);
    t.after(() => kato.close());
    return new TestKato(home, kato);
  }

  /** Puts session files where their agents would have written them, and takes them in. */
  async import(...files: readonly SessionFile[]): Promise<void> {
    for (const { path, text } of files) this.write(path, text);
    await this.kato.import({});
  }

  write(path: string, text: string): string {
    const file = this.home.path(path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  find(text: string, cwd = this.home.folder): Promise<SessionSummary> {
    return this.kato.find({ text, cwd });
  }

  /** A session as Markdown, by what names it. */
  async show(text: string, more: Partial<RenderRequest> = {}): Promise<string> {
    const { key } = await this.find(text);
    let shown = '';
    for await (const piece of this.kato.render(key, { ...request('chat'), ...more })) shown += piece;
    return shown;
  }

  /** The audit log: one object a line. */
  audit(): readonly Readonly<Record<string, unknown>>[] {
    const lines = readFileSync(this.home.path('.kato/logs/audit.jsonl'), 'utf8').trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line));
  }
}

/** What to render: a preset as Markdown, times in UTC. */
export function request(preset: Preset, format: RenderRequest['format'] = 'markdown'): RenderRequest {
  return { format, options: optionsFor(preset) };
}
