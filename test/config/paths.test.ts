import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { homePaths, katoHome } from '../../src/config/paths.ts';

const home = (asked: string | undefined, variable?: string) => katoHome(asked, { KATO_HOME: variable }, '/home/ada');

describe("kato's home", () => {
  it('is ~/.kato', () => assert.equal(home(undefined), '/home/ada/.kato'));
  it('is what KATO_HOME says', () => assert.equal(home(undefined, '/srv/kato'), '/srv/kato'));
  it('is what --home says, whatever KATO_HOME says', () => assert.equal(home('/a', '/b'), '/a'));
  it('may begin with ~', () => {
    assert.equal(home('~/k'), '/home/ada/k');
    assert.equal(home(undefined, '~/k'), '/home/ada/k');
    assert.equal(home('~'), '/home/ada');
  });
  it('is the same with a slash at its end', () => assert.equal(home('/a/b//'), '/a/b'));
  it('is the default when KATO_HOME is set to nothing, as a shell does to switch it off', () => {
    assert.equal(home(undefined, ''), '/home/ada/.kato');
    assert.equal(home('', ''), '/home/ada/.kato');
  });
  it('holds everything', () => {
    for (const path of Object.values(homePaths('/h/k'))) assert.ok(path === '/h/k' || path.startsWith('/h/k/'), path);
  });
});
