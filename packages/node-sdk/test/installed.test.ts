/** The SDK as it is published, alone and beside our other packages, in a folder that knows nothing of this repository. */
import { rm } from 'node:fs/promises';
import { availableEngines } from '@conclave/sqlite/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Installation, packOwn } from './installed.testkit.js';
import { LocalNode } from './local-node.testkit.js';

const KEY = '07'.repeat(32);
const HELLO = { content: 'hello', sender: true };
let node: LocalNode;
let packed: string;

beforeAll(async () => {
  node = await LocalNode.start();
  packed = await packOwn(['node-sdk', 'agent', 'node-bindings', 'content', 'crypto', 'proto']);
});

afterAll(async () => {
  await node.stop();
  await rm(packed, { recursive: true, force: true });
});

describe('without the native store', () => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await Installation.of(packed, ['node-sdk'], false);
  });
  afterAll(() => installation.remove());

  it('is two packages', () => {
    expect([...installation.packages]).toEqual(['@conclave/node-sdk', 'node-sqlite3-wasm']);
  });

  it('sends and reads', async () => {
    const { printed, said } = await installation.run('first-message.mjs', node.url);
    expect(printed).toEqual(HELLO);
    expect(said).toMatch(/^The database of this client is not encrypted, because no dbEncryptionKey was given: .*\n$/);
  });

  it('says in one sentence that it cannot encrypt', async () => {
    const failed = await installation
      .run('first-message.mjs', node.url, KEY)
      .catch((error: { stderr: string }) => error);
    expect(failed).toHaveProperty(
      'stderr',
      expect.stringContaining(
        'This machine has no engine that can encrypt the database; install better-sqlite3-multiple-ciphers or allow an unencrypted database.',
      ),
    );
  });
});

describe.runIf(availableEngines().includes('better-sqlite3-multiple-ciphers'))('with the native store', () => {
  it('sends and reads from encrypted files', async () => {
    const installation = await Installation.of(packed, ['node-sdk'], true);
    const { printed, said } = await installation.run('first-message.mjs', node.url, KEY);
    expect(printed).toEqual(HELLO);
    expect(said).toBe('');
    await installation.remove();
  });
});

describe('beside our other packages', () => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await Installation.of(packed, ['agent', 'node-bindings', 'content'], false);
  });
  afterAll(() => installation.remove());

  it('knows their codecs and errors as they know its', async () => {
    const { printed } = await installation.run('beside-others.mjs', node.url);
    expect(printed).toEqual({
      contents: ['HELLO', 'plain', 'also plain'],
      registry: 'read by the other package',
      bytes: true,
      isGroup: true,
      bindings: true,
      ofSdk: [true, true, true, 'sdk/unknown-environment'],
      ofContent: [true, true, false],
      ofBuild: [true, false],
      ofAgent: [true, true],
    });
  });

  it.each(['nodenext', 'bundler'] as const)(
    'compiles in strict TypeScript that checks declarations, %s',
    async (resolution) => {
      expect(await installation.check(resolution)).toBe('');
    },
  );
});
