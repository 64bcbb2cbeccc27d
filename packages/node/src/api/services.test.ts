import { readFileSync } from 'node:fs';
import { fromHex } from '@conclave/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toNodeError } from '../errors.js';
import { Hub } from '../fanout/hub.js';
import { MemorySink } from '../fanout/sink.testkit.js';
import { GrpcStatus } from '../grpc-status.js';
import { DEFAULT_LIMITS } from '../limits.js';
import type { Log } from '../log/log.js';
import { openTestLog } from '../log/log.testkit.js';
import { createLogger } from '../logger.js';
import { NodeMetrics } from '../metrics/node-metrics.js';
import { TEST_TIME_NS } from '../node.testkit.js';
import { chainContractWallets } from './identity/contract-wallets.js';
import { keyPackageOf, mlsMessage, seed } from './material.testkit.js';
import type { Rpc } from './rpc.js';
import { createServices } from './services.js';

const UPLOAD = '/xmtp.mls.api.v1.MlsApi/UploadKeyPackage';
const SEND = '/xmtp.mls.api.v1.MlsApi/SendGroupMessages';
const PUBLISH = '/xmtp.identity.api.v1.IdentityApi/PublishIdentityUpdate';

function servicesOver(log: Log): ReadonlyMap<string, Rpc> {
  const { logger } = createLogger('silent');
  const metrics = new NodeMetrics();
  const contractWallets = chainContractWallets({ chains: {}, limits: DEFAULT_LIMITS, metrics });
  const common = { limits: DEFAULT_LIMITS, logger, metrics, contractWallets, nowNs: () => TEST_TIME_NS };
  return createServices({ ...common, log, hub: new Hub(log), isReady: () => true });
}

async function* one(request: Uint8Array): AsyncIterable<Uint8Array> {
  yield request;
}

/** The status that a client would see. Streams are left at once. */
async function statusOf(rpc: Rpc, request: Uint8Array): Promise<number> {
  const sink = new MemorySink();
  sink.leave();
  const served =
    rpc.kind === 'unary'
      ? rpc.handle(request)
      : rpc.kind === 'duplex'
        ? rpc.serve(one(request), sink)
        : rpc.serve(request, sink);
  return served.then(
    () => GrpcStatus.OK,
    (error) => toNodeError(error).status,
  );
}

const delimited = (field: number, ...parts: Uint8Array[]) => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([(field << 3) | 2, 0x80 | (content.length & 127), content.length >> 7]), content]);
};

function goldenRegistration(): Uint8Array {
  const file = new URL('../../../../vectors/identity/gv02-registration.json', import.meta.url);
  return fromHex(JSON.parse(readFileSync(file, 'utf8')).publishIdentityUpdateRequest);
}

/** Valid requests, to be damaged. */
const SAMPLES: readonly (readonly [path: string, request: Uint8Array])[] = [
  [PUBLISH, goldenRegistration()],
  [UPLOAD, delimited(1, delimited(1, keyPackageOf(seed(1))))],
  [SEND, delimited(1, delimited(1, delimited(1, mlsMessage('group', 'text'))))],
];

describe('every rpc', () => {
  it('answers arbitrary bytes with a refusal or an answer, never with INTERNAL', async () => {
    const services = [...servicesOver(await openTestLog()).values()];
    expect(services).toHaveLength(23);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...services), fc.uint8Array({ maxLength: 60 }), async (rpc, request) => {
        expect([rpc.path, await statusOf(rpc, request)]).not.toEqual([rpc.path, GrpcStatus.INTERNAL]);
      }),
      { numRuns: 1_500 },
    );
  });

  it.each(SAMPLES)('takes a good request and refuses it cut off anywhere or damaged: %s', async (path, request) => {
    const rpc = servicesOver(await openTestLog()).get(path)!;
    for (let length = 0; length < request.length; length++) {
      expect([length, await statusOf(rpc, request.subarray(0, length))]).toEqual([length, GrpcStatus.INVALID_ARGUMENT]);
    }
    expect(await statusOf(rpc, request)).toBe(GrpcStatus.OK);
    const damage = fc.record({ at: fc.nat(request.length - 1), mask: fc.integer({ min: 1, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, mask }) => {
        const damaged = request.map((byte, index) => (index === at ? byte ^ mask : byte));
        expect([GrpcStatus.OK, GrpcStatus.INVALID_ARGUMENT]).toContain(await statusOf(rpc, damaged));
      }),
      { numRuns: 200 },
    );
  });
});
