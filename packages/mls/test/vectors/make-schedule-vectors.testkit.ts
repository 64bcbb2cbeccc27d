/** Vectors of tree arithmetic, labels, key schedule and secret tree, made from fixed seeds in the working group's format. */
import { deriveX25519PrivateKey, encodeTls, type Random, toHex, utf8 } from '@conclave/crypto';
import type { CipherSuite } from '../../src/crypto/cipher-suite.js';
import {
  deriveSecret,
  deriveTreeSecret,
  type EncryptLabel,
  encryptWithLabel,
  expandWithLabel,
  type KdfLabel,
  type SignLabel,
  signWithLabel,
} from '../../src/crypto/labels.js';
import { refHash } from '../../src/crypto/refs.js';
import { type AuthenticatedContent, writeAuthenticatedContent } from '../../src/framing/framed-content.js';
import { senderDataKeyNonce } from '../../src/framing/sender-data.js';
import { encodeCommit } from '../../src/group/commit.js';
import { RowJournal } from '../../src/rows.js';
import { exportSecret } from '../../src/schedule/exporter.js';
import { createGroupContext } from '../../src/schedule/group-context.js';
import { deriveEpochSecrets, deriveJoinerSecret, deriveWelcomeSecret } from '../../src/schedule/key-schedule.js';
import { MessageSecrets } from '../../src/schedule/message-secrets.js';
import { derivePskSecret, type PreSharedKeyId } from '../../src/schedule/psk.js';
import { confirmationTag, confirmedTranscriptHash, interimTranscriptHash } from '../../src/schedule/transcript-hash.js';
import { seededRandom } from '../../src/tree/tree.testkit.js';
import { SUITES, suiteOf } from './load.testkit.js';

/** One case per implemented suite, each with bytes of its own. */
function eachSuite<Case>(seed: string, make: (suite: CipherSuite, random: Random) => Case): Case[] {
  return SUITES.map((id) => make(suiteOf(id), seededRandom(`${seed} of suite ${id}`)));
}

/** `tree-math.json`: relations found by cutting the array of nodes in halves, not by the bit arithmetic of the engine. */
export function makeTreeMath() {
  return [1, 2, 4, 8, 16, 32, 64].map((leaves) => {
    const count = 2 * leaves - 1;
    const none = () => Array<number | null>(count).fill(null);
    const [left, right, parent, sibling] = [none(), none(), none(), none()];
    const cut = (from: number, end: number): number => {
      const middle = (from + end - 1) / 2;
      if (end - from === 1) return middle;
      const [below, above] = [cut(from, middle), cut(middle + 1, end)];
      left[middle] = below;
      right[middle] = above;
      parent[below] = middle;
      parent[above] = middle;
      sibling[below] = above;
      sibling[above] = below;
      return middle;
    };
    return { n_leaves: leaves, n_nodes: count, root: cut(0, count), left, right, parent, sibling };
  });
}

/** `deserialization.json`: the lengths at which the header grows, written by arithmetic and not by the codec. */
export function makeDeserialization() {
  const header = (bytes: number, prefix: number, length: number) =>
    (prefix * 256 ** (bytes - 1) + length).toString(16).padStart(2 * bytes, '0');
  return [
    ...[0, 1, 37, 63].map((length) => ({ vlbytes_header: header(1, 0x00, length), length })),
    ...[64, 65, 15_293, 16_383].map((length) => ({ vlbytes_header: header(2, 0x40, length), length })),
    ...[16_384, 16_385, 494_878_333, 2 ** 30 - 1].map((length) => ({
      vlbytes_header: header(4, 0x80, length),
      length,
    })),
  ];
}

/** `crypto-basics.json`. */
export function makeCryptoBasics() {
  return eachSuite('crypto basics', (suite, random) => {
    const [value, expanded, context, derived, grown, content, plaintext] = Array.from({ length: 7 }, () =>
      random(32),
    ) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    const [signPriv, dhPriv] = [random(32), random(32)];
    const signatureKey = suite.provider.signaturePrivateKey(signPriv);
    const recipient = suite.provider.dhPrivateKey(dhPriv);
    const sealed = encryptWithLabel(
      suite,
      recipient.publicKey,
      'EncryptWithLabel' as EncryptLabel,
      context,
      plaintext,
      random,
    );
    const tree = { label: 'DeriveTreeSecret', generation: 2_694_881_440, length: 32 };
    return {
      cipher_suite: suite.id,
      ref_hash: { label: 'RefHash', value: toHex(value), out: toHex(refHash(suite, 'RefHash', value)) },
      expand_with_label: {
        ...{ secret: toHex(expanded), label: 'ExpandWithLabel', context: toHex(context), length: 16 },
        out: toHex(expandWithLabel(suite, expanded, 'ExpandWithLabel' as KdfLabel, context, 16)),
      },
      derive_secret: {
        ...{ secret: toHex(derived), label: 'DeriveSecret' },
        out: toHex(deriveSecret(suite, derived, 'DeriveSecret' as KdfLabel)),
      },
      derive_tree_secret: {
        ...{ secret: toHex(grown), ...tree },
        out: toHex(deriveTreeSecret(suite, grown, tree.label as 'key', tree.generation, tree.length)),
      },
      sign_with_label: {
        ...{
          priv: toHex(signPriv),
          pub: toHex(signatureKey.publicKey),
          content: toHex(content),
          label: 'SignWithLabel',
        },
        signature: toHex(signWithLabel(signatureKey, 'SignWithLabel' as SignLabel, content)),
      },
      encrypt_with_label: {
        ...{ priv: toHex(dhPriv), pub: toHex(recipient.publicKey), label: 'EncryptWithLabel', context: toHex(context) },
        ...{ plaintext: toHex(plaintext), kem_output: toHex(sealed.kemOutput), ciphertext: toHex(sealed.ciphertext) },
      },
    };
  });
}

/** `key-schedule.json`: four epochs, each from the init_secret of the one before. */
export function makeKeySchedule() {
  return eachSuite('key schedule', (suite, random) => {
    const groupId = random(32);
    const first = random(32);
    let initSecret = first;
    const epochs = Array.from({ length: 4 }, (_, index) => {
      const [treeHash, commitSecret, pskSecret, transcript] = [random(32), random(32), random(32), random(32)];
      const context = createGroupContext({
        ...{
          suite: suite.id,
          groupId,
          epoch: BigInt(index),
          treeHash,
          confirmedTranscriptHash: transcript,
          extensions: [],
        },
      });
      const joinerSecret = deriveJoinerSecret(suite, initSecret, commitSecret, context.raw);
      const secrets = deriveEpochSecrets(suite, joinerSecret, pskSecret, context.raw);
      const external = deriveX25519PrivateKey(suite.provider, secrets.externalSecret);
      const [label, exporterContext, length] = [toHex(random(16)), random(32), 40];
      initSecret = secrets.initSecret;
      return {
        ...{ tree_hash: toHex(treeHash), commit_secret: toHex(commitSecret), psk_secret: toHex(pskSecret) },
        ...{ confirmed_transcript_hash: toHex(transcript), group_context: toHex(context.raw) },
        joiner_secret: toHex(joinerSecret),
        welcome_secret: toHex(deriveWelcomeSecret(suite, joinerSecret, pskSecret)),
        init_secret: toHex(secrets.initSecret),
        sender_data_secret: toHex(secrets.senderDataSecret),
        encryption_secret: toHex(secrets.encryptionSecret),
        exporter_secret: toHex(secrets.exporterSecret),
        epoch_authenticator: toHex(secrets.epochAuthenticator),
        external_secret: toHex(secrets.externalSecret),
        confirmation_key: toHex(secrets.confirmationKey),
        membership_key: toHex(secrets.membershipKey),
        resumption_psk: toHex(secrets.resumptionPsk),
        external_pub: toHex(suite.provider.dhPrivateKey(external).publicKey),
        exporter: {
          ...{ label, context: toHex(exporterContext), length },
          secret: toHex(exportSecret(suite, secrets.exporterSecret, label, exporterContext, length)),
        },
      };
    });
    return { cipher_suite: suite.id, group_id: toHex(groupId), initial_init_secret: toHex(first), epochs };
  });
}

/** `psk_secret.json`: from none to three keys. */
export function makePskSecret() {
  return [0, 1, 2, 3].flatMap((count) =>
    eachSuite(`${count} pre-shared keys`, (suite, random) => {
      const keys = Array.from({ length: count }, () => ({ pskId: random(16), psk: random(32), nonce: random(32) }));
      const ids = keys.map(({ pskId, nonce }): PreSharedKeyId => ({ type: 'external', pskId, nonce }));
      const lookup = (id: PreSharedKeyId) => keys[ids.indexOf(id)]?.psk;
      return {
        cipher_suite: suite.id,
        psks: keys.map(({ pskId, psk, nonce }) => ({ psk_id: toHex(pskId), psk: toHex(psk), psk_nonce: toHex(nonce) })),
        psk_secret: toHex(derivePskSecret(suite, ids, lookup)),
      };
    }),
  );
}

/** `secret-tree.json`: one leaf, two and eight, some generations of each. */
export function makeSecretTree() {
  return [1, 2, 8].flatMap((leafCount) =>
    eachSuite(`secret tree of ${leafCount}`, (suite, random) => {
      const [encryptionSecret, senderDataSecret, ciphertext] = [random(32), random(32), random(77)];
      const limits = { outOfOrderTolerance: 5, maximumForwardDistance: 1000 };
      const messages = new MessageSecrets({
        ...{ suite, rows: new RowJournal(), epoch: 0n, leafCount, senderDataSecret, limits },
      });
      messages.start(encryptionSecret);
      const senderData = senderDataKeyNonce(suite, senderDataSecret, ciphertext);
      const keyOf = (leaf: number, contentType: 1 | 3, generation: number) => {
        const { messageKey, spend } = messages.prepareKey(leaf, contentType, generation);
        const shown = { key: toHex(messageKey.key), nonce: toHex(messageKey.nonce) };
        spend();
        return shown;
      };
      return {
        cipher_suite: suite.id,
        encryption_secret: toHex(encryptionSecret),
        sender_data: {
          ...{ sender_data_secret: toHex(senderDataSecret), ciphertext: toHex(ciphertext) },
          ...{ key: toHex(senderData.key), nonce: toHex(senderData.nonce) },
        },
        leaves: Array.from({ length: leafCount }, (_, leaf) =>
          [0, 1, 15].map((generation) => {
            const [application, handshake] = [keyOf(leaf, 1, generation), keyOf(leaf, 3, generation)];
            return {
              ...{ generation, application_key: application.key, application_nonce: application.nonce },
              ...{ handshake_key: handshake.key, handshake_nonce: handshake.nonce },
            };
          }),
        ),
      };
    }),
  );
}

/** `transcript-hashes.json`: an empty commit of a member, which is all that these hashes look at. */
export function makeTranscriptHashes() {
  return eachSuite('transcript', (suite, random) => {
    const [interimBefore, confirmationKey, signature] = [random(32), random(32), random(64)];
    const commit = { proposals: [] };
    const message: AuthenticatedContent = {
      wireFormat: 1,
      framed: {
        ...{ groupId: utf8('transcript'), epoch: 5n, sender: { type: 'member', leafIndex: 3 } },
        authenticatedData: random(9),
        content: { contentType: 3, commit, raw: encodeCommit(commit) },
      },
      signature,
    };
    const confirmed = confirmedTranscriptHash(suite, interimBefore, message);
    const tag = confirmationTag(suite, confirmationKey, confirmed);
    return {
      cipher_suite: suite.id,
      confirmation_key: toHex(confirmationKey),
      authenticated_content: toHex(encodeTls({ ...message, confirmationTag: tag }, writeAuthenticatedContent)),
      interim_transcript_hash_before: toHex(interimBefore),
      confirmed_transcript_hash_after: toHex(confirmed),
      interim_transcript_hash_after: toHex(interimTranscriptHash(suite, confirmed, tag)),
    };
  });
}
