/** Changing one key of `config.yaml` and nothing else: comments and formatting stay as the user wrote them. */
import { isNode, parse, parseDocument, stringify } from 'yaml';
import { KatoError } from '../core/errors.ts';

/** The text with `key` (dotted) set to `value` (YAML). A key that stands there already is replaced in its place. */
export function setInConfig(text: string, key: string, value: string): string {
  const document = parseDocument(text, { keepSourceTokens: true });
  const path = key.split('.');
  const parsed = parseValue(value);
  const written = stringify(parsed, { lineWidth: 0, collectionStyle: 'flow', flowCollectionPadding: false }).trimEnd();
  const known = document.getIn(path, true);
  if (isNode(known) && known.range) {
    const [start, end] = known.range;
    return `${text.slice(0, start)}${written}${text.slice(end)}`;
  }
  document.setIn(path, document.createNode(parsed, { flow: true }));
  return document.toString({ lineWidth: 0, flowCollectionPadding: text.includes('{ ') });
}

function parseValue(value: string): unknown {
  try {
    return parse(value);
  } catch (cause) {
    throw new KatoError('usage', `cannot read the value as YAML`, { hint: 'quote it, or check its brackets', cause });
  }
}
