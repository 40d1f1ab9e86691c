/** Writes the published JSON Schemas from the shapes in the code: `npm run schemas`. A test says when they are behind. */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { eventKinds, eventSchema } from '../src/core/event.ts';
import type { JsonValue } from '../src/core/json.ts';
import type { Schema } from '../src/core/schema.ts';
import { envelope, outputs } from '../src/surfaces/cli/json.ts';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** The schemas by file name. */
export function publishedSchemas(): ReadonlyMap<string, string> {
  const events = {
    $schema: DIALECT,
    title: 'A canonical event of kato, version 1',
    oneOf: eventKinds.map((kind) => ({ $ref: `#/$defs/${kind}` })),
    $defs: Object.fromEntries(eventKinds.map((kind) => [kind, eventSchema(kind).json])),
  };
  const shapes: readonly [string, Schema<unknown>][] = Object.entries(outputs);
  const commands = {
    $schema: DIALECT,
    title: 'What `kato … --json` prints, by command, version 1',
    $defs: Object.fromEntries(shapes.map(([name, shape]) => [name, envelope(shape).json])),
  };
  return new Map([
    ['docs/event.schema.json', print(events)],
    ['docs/cli.schema.json', print(commands)],
  ]);
}

function print(schema: { readonly [key: string]: JsonValue | undefined }): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [file, text] of publishedSchemas()) writeFileSync(file, text);
}
