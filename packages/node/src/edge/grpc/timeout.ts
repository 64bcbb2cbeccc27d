/** The header grpc-timeout: up to eight digits and a unit. Source: gRPC over HTTP/2, "Timeout". */
import { NodeError } from '../../errors.js';

const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/** What a timer can wait, ms: 24.8 days. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Milliseconds, undefined where there is no header.
 * @throws NodeError `node/malformed-request`
 */
export function timeoutMsOf(header: string | readonly string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  const match = /^(\d{1,8})([HMSmun])$/.exec(String(header));
  if (match === null) throw new NodeError('node/malformed-request', { reason: 'the header grpc-timeout is malformed' });
  return Math.min(LONGEST_MS, Number(match[1]) * (UNIT_MS[match[2] as string] as number));
}
