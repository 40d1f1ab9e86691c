/** Everything that may have happened to a recording's file, and what is done about it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { bytesOf, type Manifest, manifestAfter, mend, type Next } from '../../src/record/mend.ts';

const HEAD = '---\ntitle: x\n---\n\n';
const FIRST = '# User\n\none\n';
const SECOND = '\n# Assistant\n\nONE\n';
const NEXT = '\n# User\n\ntwo\n';

const bytes = (text: string) => Buffer.from(text);
const foundOf = (text: string) => ({
  sizeBytes: bytes(text).length,
  read: (from: number, to: number) => bytes(text).subarray(from, to),
});

/** The manifest of a file with this head after these appends. */
function after(head: string, ...appends: readonly string[]): { manifest: Manifest; body: string } {
  let manifest: Manifest | undefined;
  let body = '';
  for (const text of appends) {
    body += text;
    manifest = manifestAfter(manifest, bytes(head + body).length, bytes(text), bytes(body).length);
  }
  assert.ok(manifest);
  return { manifest, body };
}

/** What the file holds after it has been mended. */
async function mended(file: string, expected = NEXT, known = after(HEAD, FIRST, SECOND)): Promise<string> {
  const next: Next = { lead: '', text: bytes(expected), ahead: 0 };
  const action = await mend(known.manifest, foundOf(file), next, async () => bytes(known.body));
  if (action.kind === 'written') return file;
  const kept = action.kind === 'cut' ? bytes(file).subarray(0, action.length) : bytes(file);
  return Buffer.concat([kept, bytesOf(action.kind === 'adopt' ? { ...next, ...action } : next)]).toString();
}

const noteOf = async (file: string) => {
  const known = after(HEAD, FIRST, SECOND);
  const next = { lead: '', text: bytes(NEXT), ahead: 0 };
  const action = await mend(known.manifest, foundOf(file), next, async () => bytes(known.body));
  return 'note' in action ? action.note : undefined;
};

const WRITTEN = HEAD + FIRST + SECOND;

describe('writing goes on', () => {
  it('at the end of a file that is as it was left', async () => assert.equal(await mended(WRITTEN), WRITTEN + NEXT));

  it('behind what was written, when kato was killed while it wrote', async () => {
    for (let cut = 1; cut <= NEXT.length; cut++)
      assert.equal(await mended(WRITTEN + NEXT.slice(0, cut)), WRITTEN + NEXT);
  });
  it('behind zeros that the file system left of a write', async () => {
    assert.equal(await mended(`${WRITTEN}\0\0\0\0`), WRITTEN + NEXT);
  });
  it('not twice, when everything was written and the user went on below', async () => {
    assert.equal(await mended(`${WRITTEN}${NEXT}\nmine\n`), `${WRITTEN}${NEXT}\nmine\n`);
  });

  it('behind what was written, when kato was killed while it wrote and the user then wrote above', async () => {
    const edited = WRITTEN.replace('one\n', 'one\nmine\n');
    for (let cut = 1; cut <= NEXT.length; cut++)
      assert.equal(await mended(edited + NEXT.slice(0, cut)), edited + NEXT, `killed behind ${cut}`);
    // A blank line more: what comes next is told from the user's words by it.
    assert.equal(await mended(`${edited}${NEXT}\nmine too\n`), `${edited}${NEXT}\nmine too\n\n`);
    assert.equal(await noteOf(edited + NEXT.slice(0, 5)), 'edited');
  });
  it('behind what was written, also when the user wrote among what was noted last', async () => {
    const edited = WRITTEN.replace('# Assistant\n', '# Assistant\nmine\n');
    assert.equal(await mended(edited + NEXT), edited + NEXT);
    assert.equal(await mended(edited), edited + NEXT);
  });
  it('with words that stood there before, when the user took out the like', async () => {
    const known = after(HEAD, FIRST, SECOND, SECOND);
    const edited = `${HEAD + FIRST + SECOND}mine\n`;
    assert.equal(await mended(edited, SECOND + NEXT, known), `${edited}${SECOND}${NEXT}`);
  });

  it('below what the user wrote at the end, after a blank line', async () => {
    assert.equal(await mended(`${WRITTEN}mine`), `${WRITTEN}mine\n${NEXT}`);
    assert.equal(await mended(`${WRITTEN}mine\n`), `${WRITTEN}mine\n${NEXT}`);
    assert.equal(await mended(`${WRITTEN}mine\r\n`), `${WRITTEN}mine\r\n${NEXT}`);
    assert.equal(await mended(`${WRITTEN}mine\n`, FIRST), `${WRITTEN}mine\n\n${FIRST}`);
    assert.equal(await mended(`${WRITTEN}mine\r\n`, FIRST), `${WRITTEN}mine\r\n\r\n${FIRST}`);
    assert.equal(await mended(`${WRITTEN}mine\n\n`, FIRST), `${WRITTEN}mine\n\n${FIRST}`);
    assert.equal(await mended(`${WRITTEN}mine`, '{"v":1}\n'), `${WRITTEN}mine\n{"v":1}\n`);
    assert.equal(await noteOf(`${WRITTEN}mine\n`), 'edited');
  });
  it('at the end, when the user has changed the head or words above', async () => {
    const longer = WRITTEN.replace('title: x', 'title: my own title').replace('one', 'one, and more');
    assert.equal(await mended(longer), longer + NEXT);
    const known = after(HEAD, FIRST.repeat(400), SECOND);
    const shorter = HEAD.replace('title: x\n', '') + known.body;
    assert.equal(await mended(shorter, NEXT, known), shorter + NEXT);
  });
  it('at the end, when the user has exchanged words at the end for others of the same length', async () => {
    const other = WRITTEN.replace('ONE', 'Two');
    assert.equal(await mended(other), other + NEXT);
    assert.equal(await noteOf(other), 'edited');
  });

  it('with what is missing, when an older copy has come back', async () => {
    assert.equal(await mended(HEAD + FIRST), WRITTEN + NEXT);
  });
  it('with what is missing, also when the older copy ends in the words that were written last', async () => {
    const known = after(HEAD, FIRST, '\nok\n', SECOND, '\nok\n');
    assert.equal(await mended(`${HEAD}${FIRST}\nok\n`, NEXT, known), HEAD + known.body + NEXT);
  });
  it('at the end, and says so, when the user has cut the file elsewhere', async () => {
    const cut = `${HEAD}# User\n\non`;
    assert.equal(await mended(cut), `${cut}\n${NEXT}`);
    assert.equal(await noteOf(cut), 'shortened');
    assert.equal(await mended(''), NEXT);
    assert.equal(await noteOf(''), 'shortened');
    const rewritten = `${HEAD}# User\n\nten\n`;
    assert.equal(await mended(rewritten), rewritten + NEXT);
  });
  it('with nothing, when there is nothing to write', async () => {
    for (const file of [WRITTEN, `${WRITTEN}mine`, HEAD, '']) assert.equal(await mended(file, ''), file);
  });
});

describe('laws', () => {
  const word = fc.constantFrom('a', '\n', '# User\n', 'mine', '\0', NEXT.slice(0, 5), FIRST, ' ');

  it('text that kato did not write is never lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 6 }), fc.nat(WRITTEN.length), async (words, cut) => {
        const file = WRITTEN.slice(0, cut) + words.join('');
        const result = await mended(file);
        const isOurs =
          file.startsWith(WRITTEN) &&
          (NEXT.startsWith(file.slice(WRITTEN.length)) || /^\0*$/.test(file.slice(WRITTEN.length)));
        assert.ok(isOurs || result.startsWith(file));
        // Where lines of it stood there already, the user's may stand between them.
        const isBegun = file.startsWith(WRITTEN) && file.slice(WRITTEN.length).includes('# User\n');
        assert.ok(isBegun ? /\n# User\n.*\ntwo\n/s.test(result.slice(WRITTEN.length)) : result.includes(NEXT));
      }),
      { numRuns: 1000 },
    );
  });
  it('the manifest stays small, and knows the latest places', () => {
    let manifest: Manifest | undefined;
    for (let n = 1; n <= 10_000; n++) manifest = manifestAfter(manifest, 100 + n, bytes('x'), n);
    assert.ok(manifest && manifest.earlier.length <= 64);
    assert.deepEqual(manifest?.earlier.slice(-3), [9997, 9998, 9999]);
  });
});
