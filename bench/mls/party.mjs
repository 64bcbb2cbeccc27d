/** Members of measured groups, with leaves as XMTP's have them (libxmtp 1.10.0), over the built engine. */
import { equalBytes, toHex, utf8 } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import {
  createKeyPackage,
  getCipherSuite,
  keyPackageRef,
  MlsGroup,
  SUITE_CHACHA20POLY1305,
  XMTP_POLICY,
} from '@conclave/mls';

const { random } = nodeCrypto;
/** A suite that remembers no signature: everybody is met for the first time, each time. */
const forgetful = (provider = nodeCrypto) =>
  getCipherSuite(SUITE_CHACHA20POLY1305, provider, { verifiedSignatures: 0 });
const defaultSuite = forgetful();
const CAPABILITIES = {
  versions: [1],
  cipherSuites: [3],
  extensions: [0x000a, 0x0001, 0xff02, 0xff00, 0xff01, 0xff03, 0xff04, 0xf000],
  proposals: [7],
  credentials: [1],
};
const CONFIG = { policy: XMTP_POLICY };
const LIFETIME = { notBefore: 1_000_000n, notAfter: 1_000_000n + 7_261_200n };

/** A suite that remembers the signatures it saw, of up to this many leaves. */
export const remembering = (leaves) =>
  getCipherSuite(SUITE_CHACHA20POLY1305, nodeCrypto, { verifiedSignatures: 2 * leaves });

/** One installation: a signature key, a credential of the length of an inbox id, key packages, at most one group. */
export class Party {
  /** @param provider - of the primitives, where they are to be counted */
  constructor(provider) {
    this.suite = provider === undefined ? defaultSuite : forgetful(provider);
    this.signatureKey = this.suite.provider.signaturePrivateKey(random(32));
    this.credential = { type: 1, identity: utf8(toHex(random(32))) };
  }

  /** @param contextBytes - of an extension in the context, for groups whose context is as large as XMTP's */
  createGroup(contextBytes = 0) {
    this.group = MlsGroup.create({
      suite: this.suite,
      groupId: random(16),
      extensions: contextBytes === 0 ? [] : [{ type: 0xff01, data: random(contextBytes) }],
      leaf: { credential: this.credential, capabilities: CAPABILITIES, extensions: [], lifetime: LIFETIME },
      signatureKey: this.signatureKey,
      config: CONFIG,
      random,
    });
    return this;
  }

  keyPackage() {
    this.own ??= createKeyPackage({
      suite: this.suite,
      signatureKey: this.signatureKey,
      credential: this.credential,
      capabilities: CAPABILITIES,
      lifetime: LIFETIME,
      leafExtensions: [],
      extensions: [{ type: 0x000a, data: new Uint8Array(0) }],
      random,
    });
    return this.own.keyPackage;
  }

  /** What joining takes. @param suite - one that remembers what it saw, or one that does not */
  #joining(welcome, suite) {
    const reference = keyPackageRef(suite, this.own.keyPackage);
    const keyPackage = (ref) => (equalBytes(reference, ref) ? this.own : undefined);
    return { suite, welcome, keyPackage, signatureKey: this.signatureKey, config: CONFIG };
  }

  /** The group that a Welcome leads to; it is not kept. */
  joined(welcome, suite = this.suite) {
    return MlsGroup.join(this.#joining(welcome, suite)).group;
  }

  /** The same with the signatures checked on threads. */
  async joinedOnThreads(welcome) {
    return (await MlsGroup.joinAsync(this.#joining(welcome, this.suite))).group;
  }

  join(welcome) {
    this.group = this.joined(welcome);
    return this;
  }

  /** The group again from its rows. */
  load(reader) {
    return MlsGroup.load({ suite: this.suite, reader, signatureKey: this.signatureKey, config: CONFIG });
  }

  encrypt(bytes) {
    return this.group.createApplicationMessage(bytes, random);
  }

  /** A commit that is not merged. */
  commit(proposals = []) {
    return this.group.createCommit({ proposals, random });
  }

  add(parties) {
    return this.commit(parties.map((party) => ({ type: 'add', keyPackage: party.keyPackage() })));
  }

  /** Processes and merges. */
  follow(message) {
    this.group.merge(this.group.process(message).staged);
    return this;
  }
}
