/** `init`, `whoami`, `can-message`, `devices`, `doctor`: the key, the installation, and what a person can know about them. */
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  conclave,
  freePort,
  HOOK_TIMEOUT_MS,
  type NodeProcess,
  Person,
  startNode,
  temporaryFolder,
} from './cli.testkit.js';

const NOBODY = `0x${'0'.repeat(39)}7`;
/** Private key 1, whose address every wallet knows. */
const ONE = `${'0'.repeat(63)}1`;
const ADDRESS_OF_ONE = '0x7e5f4552091a69125d5dfcb7b8c2659029395bdf';

let folder: string;
let node: NodeProcess;
beforeAll(async () => {
  folder = temporaryFolder();
  node = await startNode();
}, HOOK_TIMEOUT_MS);

const person = (name: string): Person => new Person(join(folder, name, 'x.db3'), node.url);

describe('init', () => {
  it('makes a throw-away key that its owner alone can read, and never prints it', async () => {
    const alice = person('alice');
    const { code, stdout } = await alice.run('init', '--throw-away');
    expect(code).toBe(0);
    expect(statSync(join(folder, 'alice')).mode & 0o777).toBe(0o700);
    expect(statSync(`${alice.db}.key`).mode & 0o777).toBe(0o600);
    const { walletKey } = JSON.parse(readFileSync(`${alice.db}.key`, 'utf8'));
    const [, address] = /You are (0x[0-9a-f]{40})/.exec(stdout) ?? [];
    expect(stdout).not.toContain(walletKey);

    const me = await alice.json('whoami');
    expect(me).toEqual({
      address,
      inboxId: expect.stringMatching(/^[0-9a-f]{64}$/),
      installationId: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect((await alice.json('whoami', '--show-key')).walletKey).toBe(`0x${walletKey}`);
    // Run again it is the same person with the same installation.
    const again = await alice.json('init');
    expect(again).toEqual({ ...me, db: alice.db, keyFile: `${alice.db}.key`, isNewKey: false });

    chmodSync(`${alice.db}.key`, 0o644);
    expect(await alice.failure('whoami')).toEqual([3, 'cli/key-file-open-to-others']);
  });

  it('imports a key under a passphrase; without or with a wrong one nothing opens', async () => {
    const bob = person('bob');
    const keyFile = join(folder, 'one.hex');
    const passphraseFile = join(folder, 'passphrase');
    writeFileSync(keyFile, `0x${ONE}\n`);
    writeFileSync(passphraseFile, 'open sesame\n');
    const { address } = await bob.json('init', '--import', keyFile, '--passphrase-file', passphraseFile);
    expect(address).toBe(ADDRESS_OF_ONE);
    expect(readFileSync(`${bob.db}.key`, 'utf8')).not.toContain(ONE);

    expect(await bob.failure('whoami')).toEqual([3, 'cli/passphrase-needed']);
    const wrong = await conclave(bob.args('whoami'), { env: { CONCLAVE_PASSPHRASE: 'open barley' } });
    expect(wrong.code).toBe(3);
    expect(wrong.stderr).toMatch(/^The passphrase does not open the key file\. .*\[cli\/wrong-passphrase\]\n$/);
    const right = await conclave(bob.args('whoami'), { env: { CONCLAVE_PASSPHRASE: 'open sesame' } });
    expect(right).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining(ADDRESS_OF_ONE) });

    writeFileSync(keyFile, `${'0'.repeat(63)}2`);
    const other = await conclave(bob.args('init', '--import', keyFile), {
      env: { CONCLAVE_PASSPHRASE: 'open sesame' },
    });
    expect([other.code, other.stderr]).toEqual([3, expect.stringContaining('[cli/key-exists]')]);
  });

  it('reads a key from stdin', async () => {
    const { code, stdout } = await conclave(person('stdin').args('init', '--import', '-', '--throw-away', '--json'), {
      input: ONE,
    });
    expect([code, JSON.parse(stdout).address]).toEqual([0, ADDRESS_OF_ONE]);
  });

  it('keeps the key when the node is down, and goes on where it was stopped', async () => {
    const early = new Person(join(folder, 'early.db3'), `http://127.0.0.1:${await freePort()}`);
    const { code, stderr } = await early.run('init', '--throw-away');
    expect(code).toBe(4);
    expect(stderr).toMatch(/is kept in .*early\.db3\.key\. Run "conclave init" again/);
    expect(stderr).toMatch(/Nothing answers where the node should be\..* \[cli\/node-unreachable\]\n$/);
    const { walletKey } = JSON.parse(readFileSync(`${early.db}.key`, 'utf8'));
    const late = new Person(early.db, node.url);
    expect(await late.json('init')).toMatchObject({ isNewKey: false });
    expect(JSON.parse(readFileSync(`${early.db}.key`, 'utf8')).walletKey).toBe(walletKey);
  });

  it('makes nothing of a key that is none', async () => {
    const bad = person('bad');
    writeFileSync(join(folder, 'bad.hex'), 'not a key');
    expect(await bad.failure('init', '--import', join(folder, 'bad.hex'))).toEqual([3, 'cli/bad-key-file']);
    expect(await bad.failure('init', '--import', join(folder, 'none.hex'))).toEqual([2, 'cli/unreadable-file']);
    expect(existsSync(`${bad.db}.key`)).toBe(false);
    expect(await bad.failure('whoami')).toEqual([3, 'cli/no-key']);
  });
});

describe('a database', () => {
  it('is refused with another key', async () => {
    const [one, two] = await Promise.all([person('one').init(), person('two').init()]);
    writeFileSync(`${one.db}.key`, readFileSync(`${two.db}.key`));
    expect(await one.failure('whoami')).toEqual([7, 'sqlite/wrong-key']);
  });
});

describe('whom I can reach', () => {
  it('can-message, devices, and revoking one', async () => {
    const carol = await person('carol').init();
    expect(await carol.json('can-message', carol.address, NOBODY)).toEqual({
      [carol.address]: true,
      [NOBODY]: false,
    });
    expect(await carol.failure('can-message', '0x12')).toEqual([2, 'cli/not-an-identity']);

    const phone = person('phone');
    const { walletKey } = JSON.parse(readFileSync(`${carol.db}.key`, 'utf8'));
    const imported = conclave(phone.args('init', '--import', '-', '--throw-away', '--json'), { input: walletKey });
    const { installationId, inboxId } = JSON.parse((await imported).stdout);
    expect(inboxId).toBe(carol.inboxId);
    const both = await carol.json('devices');
    expect(both).toEqual({
      inboxId,
      recoveryIdentifier: carol.address,
      accountIdentifiers: [carol.address],
      installations: expect.arrayContaining([{ installationId, clientTimestampNs: expect.stringMatching(/^\d{19}$/) }]),
    });
    expect(both.installations).toHaveLength(2);

    expect(await carol.failure('devices', '--revoke', 'zz')).toEqual([6, 'cli/unknown-installation']);
    const left = await carol.json('devices', '--revoke', installationId.slice(0, 12));
    expect(left.installations).toHaveLength(1);
    expect(await carol.failure('devices', '--of', NOBODY)).toEqual([6, 'cli/unknown-person']);
  });
});

describe('doctor', () => {
  it('finds everything well, or says what is not', async () => {
    const dora = await person('dora').init();
    const well = await dora.json('doctor', '--web', node.web);
    expect(well.ok).toBe(true);
    expect(well.checks.map(({ check }: { check: string }) => check)).toEqual([
      'node.js',
      'sqlite',
      'wallet key',
      'database',
      'node',
      'node web',
      'clock',
    ]);
    const down = await conclave(['doctor', '--db', dora.db, '--node', `http://127.0.0.1:${await freePort()}`]);
    expect(down.code).toBe(1);
    expect(down.stdout).toMatch(/^failed {3}node {8}The node cannot be reached/m);
    expect(down.stdout).toMatch(/^ok {7}node\.js/m);
    expect(down.stderr).toContain('[cli/checks-failed]');
  });
});
