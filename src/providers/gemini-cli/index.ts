import { booleanAt, field, stringAt } from '../../core/json.ts';
import type { Provider, SourceMatch } from '../provider.ts';
import { createGeminiDecoder } from './decode.ts';

/** Google's Gemini CLI: `~/.gemini/tmp`. See README.md in this folder. */
export const geminiCli: Provider = {
  id: 'gemini-cli',
  label: 'Gemini CLI',
  decoderVersion: 1,
  roots({ home, variables }) {
    const agentHome = variables.GEMINI_CLI_HOME?.trim() || home;
    return [`${agentHome}/.gemini/tmp`];
  },
  retention: { settings: 'settings.json', setting: 'general.sessionRetention.maxAge', days: retentionDays },
  match: matchGemini,
  mayContain: mayContainChats,
  recognise: recogniseGemini,
  createDecoder: ({ hints, family }) => createGeminiDecoder(hints?.parent, family),
};

const DEFAULT_DAYS = 30;
const DAYS: Readonly<Record<string, number>> = { h: 1 / 24, d: 1, w: 7, m: 30 };

/** `general.sessionRetention`: `{ "enabled": true, "maxAge": "30d" }`, as seen in 0.39 and later. */
function retentionDays(settings: unknown): number | undefined {
  if (booleanAt(settings, 'general', 'sessionRetention', 'enabled') === false) return undefined;
  const [, amount, unit = ''] =
    /^(\d+)([hdwm])$/.exec(stringAt(settings, 'general', 'sessionRetention', 'maxAge') ?? '') ?? [];
  return amount === undefined ? DEFAULT_DAYS : Number(amount) * (DAYS[unit] ?? 1);
}

/** What the records of a whole document are called, and are known by. */
const MESSAGES = { property: 'messages', key: 'id' } as const;
/** `session-2026-01-02T03-04-0123abcd.json`: the minute it began, in UTC, and the first characters of the session's id. */
const SESSION_FILE = /^session-(?:\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-)?(.+)\.jsonl?$/;

/*
 *     <project>/.project_root                          the working folder, as plain text
 *     <project>/chats/session-<minute>-<id>.json       a session, 0.6 to 0.38
 *     <project>/chats/session-<minute>-<id>.jsonl      a session since 0.39; also the continuation of a .json
 *     <project>/chats/<parent session>/<agent>.jsonl   a sub-agent, since 0.36
 */
function matchGemini(path: string): SourceMatch | undefined {
  const [project, chats, ...rest] = path.split('/');
  const [first = '', second] = rest;
  if (project === undefined || project === '' || chats !== 'chats' || rest.length > 2) return undefined;
  const companions = [`${project}/.project_root`];
  if (second === undefined) {
    const family = SESSION_FILE.exec(first)?.[1];
    return family === undefined ? undefined : { ...framingOf(first), family, companions };
  }
  const [, agent] = /^(.+)\.jsonl$/.exec(second) ?? [];
  if (agent === undefined || first === '') return undefined;
  return { framing: 'jsonl', family: `${first}/${agent}`, companions, hints: { parent: first } };
}

function framingOf(file: string): Pick<SourceMatch, 'framing' | 'list'> {
  return file.endsWith('.json') ? { framing: 'document', list: MESSAGES } : { framing: 'jsonl' };
}

/** A project holds much besides its chats: plans, checkpoints, output of tools. */
function mayContainChats(folder: string): boolean {
  const [, chats, , more] = folder.split('/');
  return (chats === undefined || chats === 'chats') && more === undefined;
}

/** A copy of a session file somewhere: its head, or the document as a whole, names the session. */
function recogniseGemini(first: unknown, name: string): SourceMatch | undefined {
  if (stringAt(first, 'sessionId') === undefined) return undefined;
  const isDocument = Array.isArray(field(first, 'messages')) && !name.endsWith('.jsonl');
  if (!isDocument && stringAt(first, 'projectHash') === undefined) return undefined;
  const family = SESSION_FILE.exec(name)?.[1] ?? name.replace(/\.jsonl?$/, '');
  return isDocument ? { framing: 'document', list: MESSAGES, family } : { framing: 'jsonl', family };
}
