/**
 * This installation: its inbox, its Ed25519 key and what it signs. The key is made once per database and never leaves
 * it; losing the database is losing the installation.
 */
import { type CryptoProvider, type Random, type SignaturePrivateKey, toHex } from '@conclave/crypto';
import {
  type Identifier,
  type InstallationIdentifier,
  type InstallationKeySignature,
  identifierFromText,
  identifierText,
  signInstallationKey,
  signPublicText,
} from '@conclave/identity';
import type { Credential } from '@conclave/mls';
import { IdentifierKind } from '@conclave/proto';
import type { Database } from '@conclave/sqlite';
import { ClientError } from '../errors.js';
import { getInstallation, type InstallationRow, insertInstallation } from '../store/installation.js';
import { inboxCredential } from './credential.js';

/** Bytes of the Ed25519 seed. */
const SEED_LENGTH = 32;

/** Who we are. Fixed for the life of a database. */
export interface OwnIdentity {
  readonly inboxId: string;
  /** Lower-case hex of the installation's Ed25519 public key. */
  readonly installationId: string;
  /** 32 bytes. */
  readonly installationIdBytes: Uint8Array;
  /** The identifier by which the inbox was opened first. */
  readonly identifier: Identifier;
  /** Nonce of the inbox id, where `identifier` created it. */
  readonly nonce: bigint;
  /** As it stands in identity updates. */
  readonly member: InstallationIdentifier;
  /** Signs MLS structures. */
  readonly signatureKey: SignaturePrivateKey;
  /** Of our leaves and key packages. */
  readonly credential: Credential;
  /** Ed25519ph over the text of an identity update. */
  signIdentityText(text: string): InstallationKeySignature;
  /** Ed25519ph over a text of the application, 64 bytes. */
  signPublicText(text: string): Uint8Array;
}

/** Whom a new database belongs to. */
export interface NewInstallation {
  readonly inboxId: string;
  readonly identifier: Identifier;
  readonly nonce: bigint;
  readonly nowNs: bigint;
}

/** The identity stored in the database, if it has one. */
export function loadOwnIdentity(db: Database, crypto: CryptoProvider): OwnIdentity | undefined {
  const row = getInstallation(db);
  return row && toOwnIdentity(row, crypto);
}

/**
 * Makes the installation of a new database: one key, written before anybody sees its public half.
 * @throws ClientError `client/wrong-inbox` when the database belongs to another inbox
 */
export function createOwnIdentity(
  db: Database,
  crypto: CryptoProvider,
  random: Random,
  installation: NewInstallation,
): OwnIdentity {
  return db.transaction(() => {
    const stored = loadOwnIdentity(db, crypto);
    if (stored !== undefined) {
      if (stored.inboxId === installation.inboxId) return stored;
      throw new ClientError('client/wrong-inbox', { stored: stored.inboxId, given: installation.inboxId });
    }
    const row: InstallationRow = {
      inboxId: installation.inboxId,
      identifierKind: installation.identifier.kind,
      identifier: identifierText(installation.identifier),
      nonce: installation.nonce,
      signatureSeed: random(SEED_LENGTH),
      createdAtNs: installation.nowNs,
    };
    insertInstallation(db, row);
    return toOwnIdentity(row, crypto);
  });
}

function toOwnIdentity(row: InstallationRow, crypto: CryptoProvider): OwnIdentity {
  const seed = row.signatureSeed;
  if (seed.length !== SEED_LENGTH) throw new ClientError('client/database-damaged', { column: 'signature_seed' });
  const signatureKey = crypto.signaturePrivateKey(seed);
  const kind = row.identifierKind === 'passkey' ? IdentifierKind.PASSKEY : IdentifierKind.ETHEREUM;
  return {
    inboxId: row.inboxId,
    installationId: toHex(signatureKey.publicKey),
    installationIdBytes: signatureKey.publicKey,
    identifier: identifierFromText(row.identifier, kind, undefined),
    nonce: row.nonce,
    member: { kind: 'installation', publicKey: signatureKey.publicKey },
    signatureKey,
    credential: inboxCredential(row.inboxId),
    signIdentityText: (text) => signInstallationKey(crypto, seed, text),
    signPublicText: (text) => signPublicText(crypto, seed, text),
  };
}
