/** Hermes' database, made as Hermes makes it: from its schema and rows that a test writes down. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { filesBelow } from './derive.ts';

/** The schema as of November 2026, as far as anything here reads it. */
const SCHEMA = `
  CREATE TABLE schema_version (version INTEGER NOT NULL);
  INSERT INTO schema_version VALUES (26);
  CREATE TABLE sessions (id TEXT PRIMARY KEY, source TEXT NOT NULL, user_id TEXT, model TEXT, model_config TEXT,
    system_prompt TEXT, parent_session_id TEXT REFERENCES sessions(id), started_at REAL NOT NULL, ended_at REAL,
    end_reason TEXT, message_count INTEGER DEFAULT 0, tool_call_count INTEGER DEFAULT 0, input_tokens INTEGER DEFAULT 0,
    output_tokens INTEGER DEFAULT 0, cache_read_tokens INTEGER DEFAULT 0, cache_write_tokens INTEGER DEFAULT 0,
    reasoning_tokens INTEGER DEFAULT 0, actual_cost_usd REAL, cost_status TEXT, title TEXT, cwd TEXT);
  CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL REFERENCES sessions(id),
    role TEXT NOT NULL, content TEXT, tool_call_id TEXT, tool_calls TEXT, tool_name TEXT, timestamp REAL NOT NULL,
    token_count INTEGER, finish_reason TEXT, reasoning TEXT, reasoning_content TEXT, platform_message_id TEXT,
    observed INTEGER DEFAULT 0, active INTEGER NOT NULL DEFAULT 1, compacted INTEGER NOT NULL DEFAULT 0,
    _compressed_summary INTEGER NOT NULL DEFAULT 0, origin_kind TEXT);
  CREATE INDEX idx_messages_session ON messages(session_id, timestamp);`;

type Values = Readonly<Record<string, string | number | null>>;
export interface Rows {
  readonly sessions?: readonly Values[];
  readonly messages?: readonly Values[];
}

/** A database as Hermes has it open: written ahead, with its log beside it until it is closed. */
export class HermesDatabase {
  readonly path: string;
  readonly sql: DatabaseSync;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.path = path;
    this.sql = new DatabaseSync(path);
    this.sql.exec('PRAGMA journal_mode = WAL; PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF');
    const isNew = this.sql.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'messages'").get() === undefined;
    if (isNew) this.sql.exec(SCHEMA);
  }

  /** Adds rows in one transaction. */
  add({ sessions = [], messages = [] }: Rows): this {
    this.sql.exec('BEGIN');
    for (const row of sessions) this.#insert('sessions', { source: 'cli', started_at: 1_777_623_300, ...row });
    for (const row of messages) this.#insert('messages', row);
    this.sql.exec('COMMIT');
    return this;
  }

  #insert(table: string, row: Values): void {
    const columns = Object.keys(row);
    const places = columns.map(() => '?').join(', ');
    this.sql.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places})`).run(...Object.values(row));
  }
}

/** A copy of a case's input, with a database wherever it has `<name>.db.json` with rows. Gone when the process ends. */
export function stageDatabases(input: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'kato-hermes-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  cpSync(input, folder, { recursive: true });
  for (const path of filesBelow(folder).filter((one) => one.endsWith('.db.json'))) {
    const database = new HermesDatabase(join(folder, path.replace(/\.json$/, '')));
    database.add(JSON.parse(readFileSync(join(folder, path), 'utf8')));
    database.sql.close();
    rmSync(join(folder, path));
  }
  return folder;
}
