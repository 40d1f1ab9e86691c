import { stringAt, textAt } from '../../core/json.ts';
import type { Provider, SourceMatch } from '../provider.ts';
import { createGencodeDecoder } from './decode.ts';
import { isKnownType } from './types.ts';

/** gencode, since mid-2026 called San: `~/.gen/projects` and `~/.san/projects`. See README.md in this folder. */
export const gencode: Provider = {
  id: 'gencode',
  label: 'gencode',
  decoderVersion: 1,
  roots: ({ home }) => [`${home}/.gen/projects`, `${home}/.san/projects`],
  match: matchGencode,
  mayContain: mayContainTranscripts,
  recognise: recogniseGencode,
  createDecoder: ({ nativeId, family }) => createGencodeDecoder(nativeId ?? family),
};

const TRANSCRIPT = /^(.+)\.jsonl$/;

/*
 *     <project>/transcripts/<session>.jsonl              a session, and each sub-agent of one
 *     <project>/blobs/tool-result/<session>/<call>       the complete text of a long result
 */
function matchGencode(path: string): SourceMatch | undefined {
  const [project, transcripts, file = '', more] = path.split('/');
  const [, session] = TRANSCRIPT.exec(file) ?? [];
  if (!project || transcripts !== 'transcripts' || session === undefined || more !== undefined) return undefined;
  const sideFolder = `${project}/blobs/tool-result/${session}`;
  return { framing: 'jsonl', nativeId: session, family: session, sideFolder };
}

function mayContainTranscripts(folder: string): boolean {
  const [, transcripts, more] = folder.split('/');
  return (transcripts === undefined || transcripts === 'transcripts') && more === undefined;
}

/** A copy of a session file somewhere: its first record names the session, under either generation's key. */
function recogniseGencode(first: unknown): SourceMatch | undefined {
  const session = textAt(first, 'sessionId') ?? textAt(first, 'transcriptId');
  const type = stringAt(first, 'type');
  if (session === undefined || type === undefined || !isKnownType(type)) return undefined;
  return { framing: 'jsonl', nativeId: session, family: session };
}
