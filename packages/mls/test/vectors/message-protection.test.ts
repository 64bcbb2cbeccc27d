import { decodeTls, toHex } from '@conclave/crypto';
import { describe, expect, it } from 'vitest';
import type { CipherSuite } from '../../src/crypto/cipher-suite.js';
import {
  type AuthenticatedContent,
  applicationContent,
  type Content,
  readContent,
  signFramedContent,
  verifyFramedContent,
} from '../../src/framing/framed-content.js';
import { decodeMlsMessage } from '../../src/framing/mls-message.js';
import { openPrivateMessage, sealPrivateMessage } from '../../src/framing/private-message.js';
import { openPublicMessage, sealPublicMessage } from '../../src/framing/public-message.js';
import { openSenderData } from '../../src/framing/sender-data.js';
import type { WireFormat } from '../../src/framing/wire-format.js';
import { RowJournal } from '../../src/rows.js';
import { createGroupContext } from '../../src/schedule/group-context.js';
import { MessageSecrets } from '../../src/schedule/message-secrets.js';
import { describeVectors, hex, suiteOf } from './vectors.testkit.js';

type ProtectionCase = { cipher_suite: number; epoch: number } & Record<
  | 'group_id'
  | 'tree_hash'
  | 'confirmed_transcript_hash'
  | 'signature_priv'
  | 'signature_pub'
  | 'encryption_secret'
  | 'sender_data_secret'
  | 'membership_key'
  | 'proposal'
  | 'proposal_pub'
  | 'proposal_priv'
  | 'commit'
  | 'commit_pub'
  | 'commit_priv'
  | 'application'
  | 'application_priv',
  string
>;

class Member {
  readonly suite: CipherSuite;
  readonly context: Uint8Array;
  readonly messages: MessageSecrets;
  readonly vector: ProtectionCase;

  constructor(vector: ProtectionCase) {
    const suite = suiteOf(vector);
    this.suite = suite;
    this.vector = vector;
    this.context = createGroupContext({
      suite: suite.id,
      groupId: hex(vector.group_id),
      epoch: BigInt(vector.epoch),
      treeHash: hex(vector.tree_hash),
      confirmedTranscriptHash: hex(vector.confirmed_transcript_hash),
      extensions: [],
    }).raw;
    this.messages = new MessageSecrets({
      suite,
      rows: new RowJournal(),
      epoch: BigInt(vector.epoch),
      leafCount: 2,
      senderDataSecret: hex(vector.sender_data_secret),
      limits: { outOfOrderTolerance: 5, maximumForwardDistance: 1000 },
    });
    this.messages.start(hex(vector.encryption_secret));
  }

  sign(content: Content, wireFormat: WireFormat): AuthenticatedContent {
    const framed = {
      groupId: hex(this.vector.group_id),
      epoch: BigInt(this.vector.epoch),
      sender: { type: 'member', leafIndex: 1 } as const,
      authenticatedData: new Uint8Array([1, 2, 3]),
      content,
    };
    // Some files give the private key followed by the public one.
    const key = this.suite.provider.signaturePrivateKey(hex(this.vector.signature_priv).subarray(0, 32));
    const signature = signFramedContent(key, wireFormat, framed, this.context);
    const tag = content.contentType === 3 ? { confirmationTag: new Uint8Array(32).fill(7) } : {};
    return { wireFormat, framed, signature, ...tag };
  }

  protect(content: Content): Uint8Array {
    const key = this.messages.takeOwnKey(1, content.contentType);
    const message = this.sign(content, 2);
    return sealPrivateMessage(
      this.suite,
      message,
      this.messages.senderDataSecret,
      key,
      new Uint8Array([9, 8, 7, 6]),
      32,
    );
  }

  unprotect(bytes: Uint8Array): string {
    const message = decodeMlsMessage(bytes);
    if (message.wireFormat !== 2) throw new TypeError('not a PrivateMessage');
    const { privateMessage } = message;
    const { ciphertext, encryptedSenderData } = privateMessage;
    const secret = this.messages.senderDataSecret;
    const senderData = openSenderData(this.suite, secret, privateMessage, ciphertext, encryptedSenderData);
    expect(senderData.leafIndex).toBe(1);
    const key = this.messages.prepareKey(1, privateMessage.contentType, senderData.generation);
    const opened = openPrivateMessage(this.suite, privateMessage, senderData, key.messageKey);
    this.verify(opened);
    key.spend();
    return toHex(opened.framed.content.raw);
  }

  openPublic(bytes: Uint8Array): string {
    const message = decodeMlsMessage(bytes);
    if (message.wireFormat !== 1) throw new TypeError('not a PublicMessage');
    const opened = openPublicMessage(this.suite, message.publicMessage, hex(this.vector.membership_key), this.context);
    this.verify(opened);
    return toHex(opened.framed.content.raw);
  }

  verify(message: AuthenticatedContent): void {
    const key = this.suite.provider.signaturePublicKey(hex(this.vector.signature_pub));
    expect(verifyFramedContent(key, message, this.context)).toBe(true);
  }
}

describeVectors<ProtectionCase>('message-protection', (cases) => {
  describe.each(cases)('suite $cipher_suite', (vector) => {
    const application = applicationContent(hex(vector.application));
    const handshake = [
      ['proposal', 2],
      ['commit', 3],
    ] as const;

    it.each(handshake)('opens the recorded %s', (name) => {
      expect(new Member(vector).openPublic(hex(vector[`${name}_pub`]))).toBe(vector[name]);
      expect(new Member(vector).unprotect(hex(vector[`${name}_priv`]))).toBe(vector[name]);
    });

    it.each(handshake)('opens a %s that it made', (name, contentType) => {
      const content = decodeTls(hex(vector[name]), (reader) => readContent(reader, contentType));
      const sender = new Member(vector);
      const signed = sender.sign(content, 1);
      const sealed = sealPublicMessage(sender.suite, signed, hex(vector.membership_key), sender.context);
      expect(new Member(vector).openPublic(sealed)).toBe(vector[name]);
      expect(new Member(vector).unprotect(sender.protect(content))).toBe(vector[name]);
    });

    it('opens application data, recorded and made', () => {
      expect(new Member(vector).unprotect(hex(vector.application_priv))).toBe(toHex(application.raw));
      expect(new Member(vector).unprotect(new Member(vector).protect(application))).toBe(toHex(application.raw));
    });

    it('does not send application data in the clear', () => {
      const sender = new Member(vector);
      const signed = sender.sign(application, 1);
      expect(() => sealPublicMessage(sender.suite, signed, hex(vector.membership_key), sender.context)).toThrow(
        expect.objectContaining({ code: 'mls/unsupported-message' }),
      );
    });
  });
});
