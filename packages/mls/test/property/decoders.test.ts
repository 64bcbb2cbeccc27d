/**
 * Every decoder of what comes from outside, over one good encoding of every structure: cut at each byte, with bytes after
 * its end, with a length of a gigabyte put in at each byte, and with bytes changed by chance. The answer is a value or
 * MlsError, at once and in the memory of the input.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { concatBytes, fromHex, type TlsReader } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import { readCredential } from '../../src/crypto/credential.js';
import { decodeExactly, MlsError } from '../../src/errors.js';
import { readExtensions, requiredCapabilitiesOf } from '../../src/extension.js';
import { readExternalSender } from '../../src/external-senders.js';
import { readAuthenticatedContent } from '../../src/framing/framed-content.js';
import { decodeMlsMessage, peekMlsMessage } from '../../src/framing/mls-message.js';
import { readCommit } from '../../src/group/commit.js';
import { decodeGroupInfo } from '../../src/group/group-info.js';
import { readProposal } from '../../src/group/proposal.js';
import { readGroupSecrets } from '../../src/group/welcome.js';
import { decodeKeyPackage } from '../../src/key-package.js';
import { decodeGroupContext } from '../../src/schedule/group-context.js';
import { readPreSharedKeyId } from '../../src/schedule/psk.js';
import { decodeLeafNode } from '../../src/tree/leaf-node.js';
import { decodeParentNode } from '../../src/tree/parent-node.js';
import { RatchetTree } from '../../src/tree/ratchet-tree.js';
import { decodeUpdatePath } from '../../src/tree/update-path.js';
import { OWN_VECTORS, suiteOf } from '../vectors/load.testkit.js';
import { Chance, seedsOf } from './chance.testkit.js';

/** Random damages of each structure. */
const DAMAGES = process.env.CONCLAVE_LONG === undefined ? 150 : 5000;
/** A length prefix that promises a gigabyte. */
const BOMB = new Uint8Array([0xbf, 0xff, 0xff, 0xff]);

function vectors<Case>(file: string): Case[] {
  return JSON.parse(readFileSync(join(OWN_VECTORS, file), 'utf8')) as Case[];
}

const [messages] = vectors<Record<string, string>>('messages.json').slice(-1) as [Record<string, string>];
const [transcript] = vectors<{ authenticated_content: string }>('transcript-hashes.json');
const [treekem] = vectors<{ update_paths: { update_path: string }[] }>('treekem.json').slice(-1);
const bytesOf = (field: string) => fromHex(messages[field] as string);
const reading =
  <T>(read: (reader: TlsReader) => T) =>
  (bytes: Uint8Array) =>
    decodeExactly('test', bytes, read);

const received = decodeMlsMessage(bytesOf('mls_key_package'));
const info = decodeMlsMessage(bytesOf('mls_group_info'));
if (received.wireFormat !== 5 || info.wireFormat !== 4) throw new TypeError('vectors of other kinds');
const { keyPackage } = received;
const { groupInfo } = info;
const tree = RatchetTree.fromExtension(
  suiteOf(3),
  fromHex(vectors<{ tree: string }>('tree-validation.json').at(-1)?.tree ?? ''),
);
const parent = [...tree.occupied].find((node) => node % 2 === 1) ?? -1;
const PROPOSALS = ['add', 'update', 'remove', 'pre_shared_key', 're_init', 'external_init', 'group_context_extensions'];
const required = fromHex('04000a000102000702' + '0001');

const STRUCTURES: readonly (readonly [string, Uint8Array, (bytes: Uint8Array) => unknown])[] = [
  ...(
    [
      'mls_welcome',
      'mls_group_info',
      'mls_key_package',
      'public_message_application',
      'public_message_proposal',
    ] as const
  ).map((field) => [field, bytesOf(field), decodeMlsMessage] as const),
  ['public_message_commit', bytesOf('public_message_commit'), decodeMlsMessage],
  ['private_message', bytesOf('private_message'), decodeMlsMessage],
  ...PROPOSALS.map(
    (name, i) =>
      [
        `${name} proposal`,
        concatBytes(new Uint8Array([0, i + 1]), bytesOf(`${name}_proposal`)),
        reading((reader) => readProposal(reader)),
      ] as const,
  ),
  ['Commit', bytesOf('commit'), reading((reader) => readCommit(reader))],
  ['GroupSecrets', bytesOf('group_secrets'), reading(readGroupSecrets)],
  ['ratchet_tree', tree.encodeExtension(), (bytes) => RatchetTree.fromExtension(suiteOf(3), bytes)],
  ['UpdatePath', fromHex(treekem?.update_paths[0]?.update_path ?? ''), decodeUpdatePath],
  [
    'AuthenticatedContent',
    fromHex(transcript?.authenticated_content ?? ''),
    reading((reader) => readAuthenticatedContent(reader)),
  ],
  ['KeyPackage', keyPackage.raw, decodeKeyPackage],
  ['LeafNode', keyPackage.leafNode.raw, decodeLeafNode],
  ['ParentNode', tree.encoded(parent) ?? new Uint8Array(0), decodeParentNode],
  ['GroupInfo', groupInfo.raw, decodeGroupInfo],
  ['GroupContext', groupInfo.groupContext.raw, decodeGroupContext],
  ['extensions', groupInfo.groupContext.rawExtensions, reading(readExtensions)],
  ['Credential', fromHex('00010461626364'), reading(readCredential)],
  ['x509 Credential', fromHex('00020603616263016a'), reading(readCredential)],
  ['ExternalSender', fromHex(`20${'07'.repeat(32)}00010461626364`), reading(readExternalSender)],
  ['PreSharedKeyID', bytesOf('pre_shared_key_proposal'), reading(readPreSharedKeyId)],
  ['RequiredCapabilities', required, (data) => requiredCapabilitiesOf([{ type: 3, data }])],
];

/** Decodes; only MlsError may come out. Returns whether a value did. */
function isRead(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): boolean {
  try {
    decode(bytes);
    return true;
  } catch (error) {
    if (!(error instanceof MlsError)) throw error;
    return false;
  }
}

describe('decoders', () => {
  it.each(STRUCTURES)('%s: cut, continued, with lengths of a gigabyte, and damaged', (_, bytes, decode) => {
    expect(isRead(decode, bytes)).toBe(true);
    for (let length = 0; length < bytes.length; length++) expect(isRead(decode, bytes.subarray(0, length))).toBe(false);
    expect(isRead(decode, concatBytes(bytes, new Uint8Array(1)))).toBe(false);
    const before = process.memoryUsage().arrayBuffers;
    for (let at = 0; at < bytes.length; at++) {
      isRead(decode, concatBytes(bytes.subarray(0, at), BOMB, bytes.subarray(at)));
      isRead(decode, concatBytes(bytes.subarray(0, at), BOMB));
    }
    // Copies of the input, not yet collected, and nothing of what the lengths promised.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
    for (const seed of seedsOf({ short: 1, long: 3 })) {
      const chance = new Chance(seed);
      for (let damage = 0; damage < DAMAGES; damage++) {
        const damaged = bytes.slice();
        for (let flips = 1 + chance.below(4); flips > 0; flips--)
          damaged[chance.below(bytes.length)] = chance.below(256);
        isRead(decode, damaged);
        isRead(peekMlsMessage, damaged);
      }
    }
  });

  it('noise is refused', () => {
    const chance = new Chance(9420);
    for (let round = 0; round < DAMAGES; round++) {
      const noise = Uint8Array.from({ length: chance.below(200) }, () => chance.below(256));
      for (const [, , decode] of STRUCTURES) isRead(decode, noise);
    }
  });
});
