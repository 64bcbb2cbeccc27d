/** What a member decides for itself about a group; the defaults are those of XMTP (libxmtp 1.10.0). */

import type { PaddingPolicy } from '../framing/padding.js';
import type { PskLookup } from '../schedule/psk.js';
import type { RatchetLimits } from '../schedule/sender-ratchet.js';
import { RFC_POLICY, type ValidationPolicy } from '../validation/policy.js';

/** What an application may set about a group; it is not part of the group. */
export interface MlsConfig extends RatchetLimits {
  /** Epochs that are over whose application messages can still be read. */
  readonly pastEpochs: number;
  /** Epochs that are over whose resumption_psk is kept, for proposals that name it and groups that branched off. */
  readonly pastResumptionPsks: number;
  /** Encrypted contents are padded to a multiple of this many bytes, 0 adds none; or what a function says. */
  readonly paddingSize: number | PaddingPolicy;
  /** `private`: proposals and commits are encrypted, others refused. `public`: own ones are sent in the clear, both are read. */
  readonly handshake: 'private' | 'public';
  /**
   * Whether outsiders' messages are read, which are never encrypted: proposals of external senders and of those who
   * want to be added, commits by which somebody joins. Without it, `handshake` decides: only `public` reads them.
   */
  readonly acceptOutsiders: boolean;
  /** Whether a GREASE extension goes into the GroupInfos that we sign (RFC 9420 section 13.5). */
  readonly grease: boolean;
  readonly policy: ValidationPolicy;
  /** Finds pre-shared keys that commits and Welcomes name; the current epoch's resumption_psk needs no lookup. */
  readonly psk: PskLookup;
}

const DEFAULTS: MlsConfig = {
  pastEpochs: 3,
  pastResumptionPsks: 0,
  outOfOrderTolerance: 5,
  maximumForwardDistance: 1000,
  paddingSize: 0,
  handshake: 'private',
  acceptOutsiders: false,
  grease: false,
  policy: RFC_POLICY,
  psk: () => undefined,
};

/** The defaults with what the caller changes. */
export function completeConfig(config: Partial<MlsConfig> = {}): MlsConfig {
  return { ...DEFAULTS, acceptOutsiders: config.handshake === 'public', ...config };
}
