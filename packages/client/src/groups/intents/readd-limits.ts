/**
 * How often installations are added again. Whether the one who asks has really lost the group cannot be checked, any
 * member can ask, and every answer is a commit that all members download: so answers are rare for one and bounded for
 * the group, whoever of the super admins gives them.
 */
import { NS_PER_DAY, NS_PER_HOUR } from '../../host.js';

/** An installation is answered at most this often. */
export const ANSWER_INTERVAL_NS = 6n * NS_PER_HOUR;
/** A group sees such a commit at most this often; one commit answers all who wait. */
export const GROUP_ANSWER_INTERVAL_NS = NS_PER_HOUR;
/** Installations added again in one commit; the rest waits for the next. */
export const MAX_READDS_PER_COMMIT = 20;
/** A request that nobody answered is repeated after this long. */
export const REQUEST_INTERVAL_NS = NS_PER_DAY;
/** Clients before it do not know that a super admin may do this, would refuse the commit and fork (libxmtp 1.10.0). */
export const READD_MINIMUM_VERSION = '1.6.0';
