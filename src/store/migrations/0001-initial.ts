/**
 * Schema 1 (kato 0.1). Never edited once released; what changes later is a migration of its own.
 *
 * `docs/store-format.md` explains the tables. Times are text as the provider wrote them; hashes are blobs; JSON is text.
 */
export const schema1 = `
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO counter VALUES ('next_position', 1);

CREATE TABLE session (
  pk INTEGER PRIMARY KEY AUTOINCREMENT,
  provider TEXT NOT NULL,
  native_id TEXT NOT NULL,
  facts TEXT NOT NULL,
  head TEXT,
  last_seq INTEGER NOT NULL,
  last_position INTEGER NOT NULL,
  replaced_seq INTEGER NOT NULL,
  UNIQUE (provider, native_id)
) STRICT;
CREATE INDEX session_head ON session (provider, head) WHERE head IS NOT NULL;

CREATE TABLE source (
  pk INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  provider TEXT NOT NULL,
  path TEXT NOT NULL,
  native_id TEXT,
  stat TEXT NOT NULL,
  probe TEXT,
  cursor TEXT NOT NULL,
  end_bytes INTEGER NOT NULL,
  state TEXT NOT NULL,
  decoder_version INTEGER NOT NULL,
  companions TEXT NOT NULL,
  generation INTEGER NOT NULL,
  unswept INTEGER NOT NULL,
  gone INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;
CREATE INDEX source_session ON source (provider, native_id);

CREATE TABLE block (
  position INTEGER PRIMARY KEY,
  session INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  count INTEGER NOT NULL,
  source INTEGER,
  generation INTEGER NOT NULL,
  cause TEXT NOT NULL,
  revises TEXT,
  packed INTEGER NOT NULL,
  body BLOB NOT NULL,
  sum INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX block_session ON block (session, first_seq);

CREATE TABLE identity (
  session INTEGER NOT NULL,
  id BLOB NOT NULL,
  revision INTEGER NOT NULL,
  content BLOB NOT NULL,
  seq INTEGER NOT NULL,
  source INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  sighted INTEGER NOT NULL,
  PRIMARY KEY (session, id, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE elsewhere (
  session INTEGER NOT NULL,
  id BLOB NOT NULL,
  source INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  sighted INTEGER NOT NULL,
  PRIMARY KEY (session, id, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_part (
  source INTEGER NOT NULL,
  session INTEGER NOT NULL,
  PRIMARY KEY (source, session)
) STRICT, WITHOUT ROWID;

CREATE TABLE superseded (
  session INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (session, seq, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE raw (
  pk INTEGER PRIMARY KEY,
  source INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  ends TEXT,
  packed INTEGER NOT NULL,
  data BLOB NOT NULL,
  sum INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX raw_source ON raw (source, generation, offset);

CREATE TABLE quarantine (
  source INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (source, generation, offset)
) STRICT, WITHOUT ROWID;

CREATE TABLE diagnostic (
  source INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  code TEXT NOT NULL,
  about TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (source, generation, code, about)
) STRICT, WITHOUT ROWID;

CREATE TABLE blob (
  pk INTEGER PRIMARY KEY,
  sha256 BLOB NOT NULL UNIQUE,
  media_type TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  packed INTEGER NOT NULL,
  content BLOB NOT NULL
) STRICT;

CREATE TABLE side_file (
  session INTEGER NOT NULL,
  name TEXT NOT NULL,
  sha256 BLOB NOT NULL,
  PRIMARY KEY (session, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE session_blob (
  session INTEGER NOT NULL,
  sha256 BLOB NOT NULL,
  PRIMARY KEY (session, sha256)
) STRICT, WITHOUT ROWID;

CREATE TABLE link (
  session INTEGER PRIMARY KEY,
  parent TEXT NOT NULL,
  resolved TEXT
) STRICT;

CREATE TABLE consumer_offset (
  consumer TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  state TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE forgotten (
  provider TEXT NOT NULL,
  native_id TEXT NOT NULL,
  PRIMARY KEY (provider, native_id)
) STRICT, WITHOUT ROWID;
`;
