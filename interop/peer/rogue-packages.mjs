/**
 * Key packages that only a modified client publishes: the installation is real and of the inbox that it names, what it says of itself is
 * not what an honest one says.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './places.mjs';

const built = (path) => import(pathToFileURL(join(ROOT, 'packages', path)).href);
const { decodeKeyPackage, encodeRequiredCapabilities, getCipherSuite } = await built('mls/dist/index.js');
const { signWithLabel } = await built('mls/dist/crypto/labels.js');
const { signLeafNode } = await built('mls/dist/tree/leaf-node.js');
const { writeExtensions } = await built('mls/dist/extension.js');
const { TlsWriter } = await built('crypto/dist/index.js');
const { nodeCrypto } = await built('crypto/dist/node/index.js');
const { encodeMlsCredential } = await built('identity/dist/index.js');
const { create, toBinary, WelcomeWrapperEncryptionSchema } = await built('proto/dist/index.js');
const { createInstallationKeyPackage } = await built('client/dist/identity/key-package.js');

const suite = getCipherSuite(0x0003, nodeCrypto);
const random = (length) => crypto.getRandomValues(new Uint8Array(length));
const publicKey = () => nodeCrypto.dhPrivateKey(random(32)).publicKey;
const NOBODY = 'ab'.repeat(32);
const HOUR_SECONDS = 3_600n;

/** WelcomeWrapperEncryption with a key of so many bytes; those of X-Wing are outside its field. */
const wrapperKey = (algorithm, length) => {
  const pubKey = algorithm === 2 ? new Uint8Array(length).fill(0xff) : publicKey().subarray(0, length);
  return toBinary(WelcomeWrapperEncryptionSchema, create(WelcomeWrapperEncryptionSchema, { pubKey, algorithm }));
};

/** A key package of these parts; the signatures are made over whatever they are. */
function assemble({ version, suiteId, initKey, leaf, origin, extensions, signatureKey, packageKey, leafTail = [] }) {
  const { raw } = signLeafNode(leaf, origin, signatureKey);
  const leafBytes = leafTail.length === 0 ? raw : Uint8Array.from([...raw.subarray(0, -leafTail.length), ...leafTail]);
  const writer = new TlsWriter(2048).u16(version).u16(suiteId).opaque(initKey).raw(leafBytes);
  writeExtensions(writer, extensions);
  const body = writer.finish();
  const signature = signWithLabel(packageKey, 'KeyPackageTBS', body);
  return decodeKeyPackage(new TlsWriter(body.length + 66).raw(body).opaque(signature).finish());
}

/**
 * The packages by what is wrong with them, each made when it is asked for, some of them for a group; the first has nothing wrong.
 * @param {object} identity the OwnIdentity of the installation
 */
export function roguePackages(identity) {
  const { inboxId, signatureKey } = identity;
  const make =
    (change = () => ({})) =>
    (group) => {
      const nowNs = BigInt(Date.now()) * 1_000_000n;
      const honest = decodeKeyPackage(createInstallationKeyPackage({ suite, identity, nowNs, random }).keyPackage);
      const { encryptionKey, credential, capabilities, extensions: leafExtensions, lifetime } = honest.leafNode;
      const parts = {
        ...{ version: 1, suiteId: 3, initKey: honest.initKey, extensions: honest.extensions, signatureKey },
        packageKey: signatureKey,
        leaf: { encryptionKey, credential, capabilities, extensions: leafExtensions },
        origin: { source: 1, lifetime },
      };
      return assemble({ ...parts, ...change(parts, group) });
    };
  const leaf = (change) => make((parts, group) => ({ leaf: { ...parts.leaf, ...change(parts.leaf, group) } }));
  const able = (change) => leaf(({ capabilities }) => ({ capabilities: { ...capabilities, ...change(capabilities) } }));
  const withLeafExtension = (type, data, listed = true) =>
    leaf(({ capabilities, extensions }) => ({
      capabilities: listed ? { ...capabilities, extensions: [...capabilities.extensions, type] } : capabilities,
      extensions: [...extensions, { type, data }],
    }));
  const withoutListed = (type) =>
    able(({ extensions }) => ({ extensions: extensions.filter((each) => each !== type) }));
  const lifetime = (change) => make(({ origin }) => ({ origin: { source: 1, lifetime: change(origin.lifetime) } }));
  const packaged = (change) => make(({ extensions }) => ({ extensions: change(extensions) }));
  const replaced = (type, data) =>
    packaged((extensions) => extensions.map((each) => (each.type === type ? { type, data } : each)));
  const removed = (type) => packaged((extensions) => extensions.filter((each) => each.type !== type));
  const now = () => BigInt(Math.floor(Date.now() / 1000));
  const othersKey = (group) => {
    const other = group && [...group.members()].find(({ leafIndex }) => leafIndex !== group.ownLeafIndex);
    return other?.leafNode.encryptionKey ?? publicKey();
  };

  return {
    'an honest one': make(),
    'a leaf that can do nothing': able(() => ({ extensions: [], proposals: [] })),
    'a leaf that can do more': able((c) => ({
      extensions: [...c.extensions, 0xfabc],
      proposals: [...c.proposals, 0xfabd],
    })),
    'a leaf that knows no external init': able(() => ({ proposals: [] })),
    'a leaf without the membership extension': withoutListed(0xff01),
    'a leaf without the permissions extension': withoutListed(0xff02),
    'a leaf without the wrapper extension': withoutListed(0xff03),
    'a leaf without the last resort extension': withoutListed(0x000a),
    'a leaf that lists a type twice': able((c) => ({ extensions: [...c.extensions, ...c.extensions] })),
    'a leaf that lists default types': able((c) => ({
      extensions: [...c.extensions, 2, 3, 4],
      proposals: [...c.proposals, 1, 3],
    })),
    'a leaf with GREASE': able((c) => ({
      extensions: [...c.extensions, 0x1a1a],
      cipherSuites: [...c.cipherSuites, 0x2a2a],
    })),
    'a leaf for another suite': able(() => ({ cipherSuites: [1] })),
    'a leaf for no suite': able(() => ({ cipherSuites: [] })),
    'a leaf for no version': able(() => ({ versions: [] })),
    'a leaf for version 2': able(() => ({ versions: [2] })),
    'a leaf without credentials': able(() => ({ credentials: [] })),
    'a leaf for X.509': able(() => ({ credentials: [2] })),
    'a leaf with an extension that it lists': withLeafExtension(0xfabc, random(3)),
    'a leaf with an extension that it does not list': withLeafExtension(0xfabc, random(3), false),
    'a leaf with an extension twice': leaf(({ extensions }) => ({ extensions: [...extensions, ...extensions] })),
    'a leaf with immutable metadata': withLeafExtension(0xf000, Uint8Array.of(0), false),
    'a leaf with a last resort': withLeafExtension(0x000a, new Uint8Array(0), false),
    'a leaf with a wrapper key': withLeafExtension(0xff03, new Uint8Array(3), false),
    'a leaf with a ratchet tree': withLeafExtension(2, Uint8Array.of(0)),
    'a leaf with an external key': withLeafExtension(4, Uint8Array.of(3, 1, 2, 3)),
    'a leaf with external senders': withLeafExtension(5, Uint8Array.of(0)),
    'a leaf with app data': withLeafExtension(6, Uint8Array.of(0), false),
    'a leaf with app data that are none': withLeafExtension(6, Uint8Array.of(9), false),
    'a leaf with required capabilities': withLeafExtension(
      3,
      encodeRequiredCapabilities({ extensions: [], proposals: [], credentials: [] }),
    ),
    'a leaf without an application id': leaf(() => ({ extensions: [] })),
    'a leaf with the application id of another': leaf(() => ({
      extensions: [{ type: 1, data: Uint8Array.of(2, 7, 7) }],
    })),
    'a leaf with an application id that is none': leaf(() => ({ extensions: [{ type: 1, data: Uint8Array.of(7) }] })),
    'a lifetime that is over': lifetime(() => ({
      notBefore: now() - 20n * HOUR_SECONDS,
      notAfter: now() - HOUR_SECONDS,
    })),
    'a lifetime that has not begun': lifetime(({ notAfter }) => ({ notBefore: now() + HOUR_SECONDS, notAfter })),
    'a lifetime without an end': lifetime(() => ({ notBefore: 0n, notAfter: 2n ** 64n - 1n })),
    'a lifetime of a year': lifetime(({ notBefore }) => ({
      notBefore,
      notAfter: notBefore + 365n * 24n * HOUR_SECONDS,
    })),
    'a lifetime that runs backwards': lifetime(({ notBefore, notAfter }) => ({
      notBefore: notAfter,
      notAfter: notBefore,
    })),
    'the credential of nobody': leaf(() => ({ credential: { type: 1, identity: encodeMlsCredential(NOBODY) } })),
    'a credential that is none': leaf(() => ({ credential: { type: 1, identity: Uint8Array.of(0xff) } })),
    'an empty credential': leaf(() => ({ credential: { type: 1, identity: new Uint8Array(0) } })),
    'a credential with an unknown field': leaf(() => ({
      credential: { type: 1, identity: Uint8Array.from([...encodeMlsCredential(inboxId), 0x7a, 0x01, 0x41]) },
    })),
    'an X.509 credential': leaf(() => ({ credential: { type: 2, raw: Uint8Array.of(2, 7, 7) } })),
    'a credential of an unknown type': leaf(({ credential, capabilities }) => ({
      credential: { type: 0xfabc, raw: credential.identity },
      capabilities: { ...capabilities, credentials: [1, 0xfabc] },
    })),
    'a leaf of an update': make(() => ({ origin: { source: 2, binding: { groupId: random(16), leafIndex: 0 } } })),
    'a leaf of a commit': make(() => ({
      origin: { source: 3, parentHash: new Uint8Array(0), binding: { groupId: random(16), leafIndex: 0 } },
    })),
    'a leaf with another signature': make(() => ({ leafTail: [1, 2, 3, 4] })),
    'another signature of the package': make(() => ({ packageKey: nodeCrypto.signaturePrivateKey(random(32)) })),
    'one key for both': make(({ leaf: { encryptionKey } }) => ({ initKey: encryptionKey })),
    'a member’s key as its own': leaf((_, group) => ({ encryptionKey: othersKey(group) })),
    'a member’s key as its init key': make((_, group) => ({ initKey: othersKey(group) })),
    'a leaf key that agrees on nothing': leaf(() => ({ encryptionKey: new Uint8Array(32) })),
    'an init key that agrees on nothing': make(() => ({ initKey: new Uint8Array(32) })),
    'another version': make(() => ({ version: 2 })),
    'another suite': make(() => ({ suiteId: 1 })),
    'no extensions': packaged(() => []),
    'no last resort': removed(0x000a),
    'a last resort that is not empty': replaced(0x000a, random(2)),
    'no wrapper key': removed(0xff03),
    'a wrapper key that is none': replaced(0xff03, Uint8Array.of(0xff, 0xff)),
    'an empty wrapper key': replaced(0xff03, new Uint8Array(0)),
    ...Object.fromEntries(
      [
        ['a wrapper key of X25519', 1, 32],
        ['a short wrapper key of X25519', 1, 31],
        ['a wrapper key of no algorithm', 0, 32],
        ['a wrapper key of an unknown algorithm', 9, 32],
        ['a wrapper key for a pointee', 3, 32],
        ['a short wrapper key', 2, 1215],
        ['a wrapper key outside its field', 2, 1216],
      ].map(([name, algorithm, length]) => [name, replaced(0xff03, wrapperKey(algorithm, length))]),
    ),
    'a wrapper key that agrees on nothing': replaced(
      0xff03,
      Uint8Array.from([0x0a, 32, ...new Uint8Array(32), 0x10, 1]),
    ),
    'no pointee ciphers': removed(0xff04),
    'pointee ciphers that are none': replaced(0xff04, Uint8Array.of(0xff, 0xff)),
    'an unknown extension': packaged((extensions) => [...extensions, { type: 0xfabc, data: random(3) }]),
    'an extension twice': packaged((extensions) => [...extensions, ...extensions]),
    'required capabilities that nobody has': packaged((extensions) => [
      ...extensions,
      { type: 3, data: encodeRequiredCapabilities({ extensions: [0xfabc], proposals: [], credentials: [] }) },
    ]),
    'a ratchet tree': packaged((extensions) => [...extensions, { type: 2, data: Uint8Array.of(0) }]),
    'a ratchet tree that is none': packaged((extensions) => [...extensions, { type: 2, data: Uint8Array.of(2, 7, 7) }]),
    'external senders that are none': packaged((extensions) => [...extensions, { type: 5, data: Uint8Array.of(3, 1) }]),
    'a membership': packaged((extensions) => [...extensions, { type: 0xff01, data: random(4) }]),
  };
}
