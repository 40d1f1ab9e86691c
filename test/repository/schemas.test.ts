import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { publishedSchemas } from '../../scripts/schemas.ts';
import type { Schema } from '../../src/core/schema.ts';
import { envelope, type OutputName, outputs } from '../../src/surfaces/cli/json.ts';
import { DaemonHome } from '../support/daemon.ts';

describe('the published schemas', () => {
  it('are what the code says (`npm run schemas` writes them)', () => {
    for (const [file, text] of publishedSchemas()) assert.equal(readFileSync(file, 'utf8'), text, file);
  });

  it('describe what each command prints', (t) => {
    const home = new DaemonHome(t);
    home.addCase('claude-code', 'questions');
    home.addCase('codex', 'two-streams');
    home.addCase('gemini-cli', 'subagent');
    home.ok(['init', '--yes']);
    const [before = '', ...later] = [
      'import',
      'sessions',
      'status',
      'export latest',
      'verify',
      'reprocess',
      'config show',
    ];
    const rest = [
      'config get recording.preset',
      'config set recording.preset full',
      'config validate',
      'doctor',
      'clean --sessions 1d --recordings 1d --logs --dry-run',
      'service print --for systemd',
      'service print --for launchd',
      'forget latest --yes',
      'start',
      'status',
      'logs',
      'restart',
      'stop',
    ];
    for (const line of [before, ...later, ...rest]) {
      const words = line.split(' ');
      const name = words[0] === 'config' || words[0] === 'service' ? words.slice(0, 2).join(' ') : words[0];
      const printed: unknown = JSON.parse(home.ok([...words, '--json']));
      const shape: Schema<unknown> = envelope(outputs[name as OutputName]);
      assert.equal(shape.check(printed, line), undefined);
    }
  });
});
