import type { DatabaseShapes } from '../core/agent-database.ts';
import { claudeCode } from './claude-code/index.ts';
import { codex } from './codex/index.ts';
import { geminiCli } from './gemini-cli/index.ts';
import { gencode } from './gencode/index.ts';
import { hermes } from './hermes/index.ts';
import type { Provider } from './provider.ts';

/** Every provider that kato knows. Adding one is one folder and one line here. */
export const providers: readonly Provider[] = [claudeCode, codex, geminiCli, gencode, hermes];

export function findProvider(id: string): Provider | undefined {
  return providers.find((provider) => provider.id === id);
}

/** The databases that agents keep sessions in, by file name. */
export const databaseShapes: DatabaseShapes = Object.assign({}, ...providers.map(({ databases }) => databases));
