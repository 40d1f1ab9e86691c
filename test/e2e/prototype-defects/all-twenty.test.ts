/** Each of the twenty defects of the prototype has a test that is named after it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { it } from 'node:test';

const HERE = new URL('.', import.meta.url);

it('all twenty defects have their tests', () => {
  const tests = readdirSync(HERE).map((name) => readFileSync(new URL(name, HERE), 'utf8'));
  const named = tests.flatMap((source) =>
    [...source.matchAll(/^(?:it|describe)\('defect (\d+): /gm)].map(([, n]) => Number(n)),
  );
  assert.deepEqual(
    named.sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
});
