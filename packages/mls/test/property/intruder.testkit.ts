/**
 * What somebody can do who was a member, kept everything it ever stored, and still hears everything: the commits in the
 * clear, the Welcomes, the messages, and all public contexts.
 */
import { concatBytes, type DhPrivateKey, encodeTls } from '@conclave/crypto';
import { decryptWithLabel } from '../../src/crypto/labels.js';
import { writeExtensions } from '../../src/extension.js';
import { decodeMlsMessage } from '../../src/framing/mls-message.js';
import { openSenderData } from '../../src/framing/sender-data.js';
import { decodeGroupHeader, type GroupHeader } from '../../src/group/group-header.js';
import type { CipherSuite, GroupContext } from '../../src/index.js';
import { createGroupContext } from '../../src/schedule/group-context.js';
import { deriveEpochSecrets, deriveJoinerSecret } from '../../src/schedule/key-schedule.js';
import { noPskSecret } from '../../src/schedule/psk.js';
import { refusal } from '../scenario/members.testkit.js';
import type { Client, Packet } from './client.testkit.js';
import type { Accepted, EpochRecord } from './network.testkit.js';

const SECRET_LENGTH = 32;

/** What an attack got hold of, as sentences; empty when it got nothing. */
export type Loot = string[];

/** A former member with everything it ever stored. */
export class Intruder {
  readonly #suite: CipherSuite;
  readonly #everything: Buffer;
  /** Everything it stored that has the length of a secret or private key. */
  readonly #secrets: readonly Uint8Array[];
  readonly #keys: readonly DhPrivateKey[];
  readonly #headers: readonly GroupHeader[];

  constructor(client: Client) {
    const archive = [...client.archive.values()];
    this.#suite = client.suite;
    this.#everything = Buffer.from(concatBytes(...archive));
    this.#secrets = archive.filter(({ length }) => length === SECRET_LENGTH);
    this.#keys = this.#secrets.map((secret) => client.suite.provider.dhPrivateKey(secret));
    this.#headers = archive.flatMap((row) => {
      let header: GroupHeader | undefined;
      refusal(() => {
        header = decodeGroupHeader(row);
      });
      return header === undefined ? [] : [header];
    });
  }

  /** Looks for the secrets of an epoch in what it stored. */
  findSecrets(epoch: bigint, record: EpochRecord): Loot {
    const named = { ...record.secrets, encryptionSecret: record.encryptionSecret };
    return Object.entries(named)
      .filter(([, secret]) => this.#everything.includes(Buffer.from(secret)))
      .map(([name]) => `${name} of epoch ${epoch}`);
  }

  /** Tries every key on every path secret of a commit in the clear. */
  openPath({ packet, epoch, context }: Accepted, before: GroupContext): Loot {
    const message = decodeMlsMessage(packet.bytes);
    if (message.wireFormat !== 1) return [];
    const { content } = message.publicMessage.message.framed;
    if (content.contentType !== 3 || content.commit.path === undefined) return [];
    // The context that path secrets are sealed under (RFC 9420 section 12.4.1).
    const { suite, groupId, treeHash, extensions } = context;
    const rawExtensions = encodeTls(extensions, writeExtensions);
    const { confirmedTranscriptHash } = before;
    const sealed = createGroupContext({
      ...{ suite, groupId, epoch, treeHash, confirmedTranscriptHash, extensions, rawExtensions },
    });
    const ciphertexts = content.commit.path.nodes.flatMap(({ encryptedPathSecret }) => [...encryptedPathSecret]);
    return ciphertexts.flatMap((ciphertext) =>
      this.#keys.some((key) =>
        opens(() => decryptWithLabel(this.#suite, key, 'UpdatePathNode', sealed.raw, ciphertext)),
      )
        ? [`a path secret of epoch ${epoch}`]
        : [],
    );
  }

  /** Tries every key on every newcomer's secrets in a Welcome. */
  openWelcome({ welcome, epoch }: Accepted): Loot {
    if (welcome === undefined) return [];
    const message = decodeMlsMessage(welcome);
    if (message.wireFormat !== 3) return [];
    const { secrets, encryptedGroupInfo } = message.welcome;
    return [...secrets].flatMap(({ encryptedGroupSecrets }) =>
      this.#keys.some((key) =>
        opens(() => decryptWithLabel(this.#suite, key, 'Welcome', encryptedGroupInfo, encryptedGroupSecrets)),
      )
        ? [`a newcomer's secrets of epoch ${epoch}`]
        : [],
    );
  }

  /** Tries every secret on the sender data of a message: who wrote it, and with which key. */
  openMessage(packet: Extract<Packet, { kind: 'application' }>): Loot {
    const message = decodeMlsMessage(packet.bytes);
    if (message.wireFormat !== 2) return [];
    const { privateMessage } = message;
    const { ciphertext, encryptedSenderData } = privateMessage;
    const candidates = [...this.#secrets, ...this.#headers.map(({ secrets }) => secrets.senderDataSecret)];
    return candidates.some(
      (secret) =>
        secret.length === SECRET_LENGTH &&
        opens(() => openSenderData(this.#suite, secret, privateMessage, ciphertext, encryptedSenderData)),
    )
      ? [`the sender of ${packet.text}`]
      : [];
  }

  /** Carries its newest init_secret on, as a commit without a path would. */
  deriveNext(epoch: bigint, context: GroupContext, record: EpochRecord): Loot {
    const zero = new Uint8Array(this.#suite.hashLength);
    const found = this.#headers.some(({ secrets }) => {
      if (secrets.initSecret.length === 0) return false;
      const joiner = deriveJoinerSecret(this.#suite, secrets.initSecret, zero, context.raw);
      const derived = deriveEpochSecrets(this.#suite, joiner, noPskSecret(this.#suite), context.raw);
      return Buffer.from(derived.initSecret).equals(record.secrets.initSecret);
    });
    return found ? [`all secrets of epoch ${epoch}`] : [];
  }
}

function opens(action: () => unknown): boolean {
  return refusal(action) === 'accepted';
}
