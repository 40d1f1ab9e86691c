/**
 * Flaws in an agent's data that kato reads past: counted, shown, never fatal, and never a reason to lose a byte.
 */

export type DiagnosticCode =
  | 'unknown-record' // a record type that no decoder models yet; kept raw. `about` is the type
  | 'unknown-block' // a content block that no decoder models yet; kept raw. `about` is the type
  | 'unexpected-shape' // a known record with a field of a wrong type; what could be read was read
  | 'invalid-line' // no JSON value could be found in the line; quarantined
  | 'salvaged-line' // a damaged line from which at least one record was recovered
  | 'nul-bytes' // a run of NUL before, between or instead of records; quarantined
  | 'lossy-text' // bytes that are not UTF-8, shown as U+FFFD; the raw frame keeps them
  | 'unreadable-rest' // the rest of a compressed file cannot be unpacked; what came before is kept
  | 'oversize-frame' // above the frame limit: kept raw in chunks
  | 'too-deep' // nested deeper than JSON can be written again; kept raw
  | 'decoder-failed' // a decoder broke its promise never to throw; kept raw
  | 'unresolved-file' // a side file that a record names is gone; its preview is kept
  | 'parent-unknown' // a fork or sub-agent whose parent is not in the store
  | 'possibly-replayed'; // copied history that cannot be told from new

export interface Diagnostic {
  readonly code: DiagnosticCode;
  /** What it is about: a record type, a key. Never transcript text. */
  readonly about?: string | undefined;
}

/** How often a diagnostic came up in one generation of a source. */
export interface DiagnosticCount extends Diagnostic {
  readonly count: number;
}

/** Adds diagnostics up by code and subject, in order of first appearance. */
export function countDiagnostics(diagnostics: readonly Diagnostic[]): readonly DiagnosticCount[] {
  const counts = new Map<string, { code: DiagnosticCode; about: string | undefined; count: number }>();
  for (const { code, about } of diagnostics) {
    const key = `${code}\0${about ?? ''}`;
    const known = counts.get(key);
    if (known) known.count += 1;
    else counts.set(key, { code, about, count: 1 });
  }
  return [...counts.values()];
}
