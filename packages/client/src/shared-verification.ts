/**
 * What the clients of one process have found good, for those that share it: a process that hosts many inboxes (agents, servers) then verifies each
 * signature, identity log and tree once, however many of its inboxes are in the same groups.
 *
 * Kept are verdicts that follow from bytes alone, under a hash of all of these bytes, and only those of complete verifications that ended well:
 * what differs in a byte is verified anew. No secret and nothing of a chain is in it. Each client still asks the node for itself, and writes
 * what it was told into its own database.
 */
import type { CryptoProvider } from '@conclave/crypto';
import { SignatureCache } from '@conclave/identity';
import { type CipherSuite, getCipherSuite, VerifiedTrees } from '@conclave/mls';
import { XMTP_CIPHER_SUITE } from './identity/key-package.js';
import { VerifiedLogs } from './identity/verified-logs.js';

/** Signatures of leaves and key packages that a suite remembers, about 100 bytes each: those of a group of 10,000 leaves, twice over. */
const VERIFIED_SIGNATURES = 40_000;

/** Signatures of identity logs that are remembered in common: those of 10,000 people, twice over. */
const SHARED_SIGNATURES = 40_000;

/** The suite of XMTP's groups on a provider; it remembers signatures of leaves and key packages. */
export function xmtpSuite(crypto: CryptoProvider): CipherSuite {
  return getCipherSuite(XMTP_CIPHER_SUITE, crypto, { verifiedSignatures: VERIFIED_SIGNATURES });
}

/** Handed to several clients of one process (`ClientDeps.verified`). Bounded: about 160 MiB when all of it is full. */
export class SharedVerification {
  readonly suite: CipherSuite;
  readonly signatureCache = new SignatureCache(SHARED_SIGNATURES);
  readonly identityLogs = new VerifiedLogs();
  readonly trees = new VerifiedTrees();

  /** @param crypto - of all clients that share it */
  constructor(crypto: CryptoProvider) {
    this.suite = xmtpSuite(crypto);
  }
}
