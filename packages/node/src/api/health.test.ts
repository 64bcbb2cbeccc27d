import { Health, HealthCheckResponse_ServingStatus as Status } from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import { GrpcStatus } from '../grpc-status.js';
import { startTestNode } from '../node.testkit.js';

const { check, watch } = Health.method;

describe('Health', () => {
  it('says that the node and each of its services serve, and knows no other', async () => {
    const { client } = await startTestNode();
    for (const service of ['', 'xmtp.mls.api.v1.MlsApi', 'xmtp.identity.api.v1.IdentityApi']) {
      expect((await client.call(check, { service })).status).toBe(Status.SERVING);
    }
    expect((await client.refusal(check, { service: 'xmtp.nothing' })).code).toBe(GrpcStatus.NOT_FOUND);
  });

  it('watched, says how things are at once, and that they end before the node stops', async () => {
    const { client, node } = await startTestNode();
    const [whole, service, unknown] = ['', 'xmtp.mls.api.v1.MlsApi', 'xmtp.nothing'].map((name) =>
      client.stream(watch, { service: name }),
    );
    const next = async (stream: typeof whole) => (await stream?.take(1))?.[0]?.status;
    expect([await next(whole), await next(service)]).toEqual([Status.SERVING, Status.SERVING]);
    // Such a name may yet be served one day: the stream stays (gRPC health checking protocol).
    expect(await next(unknown)).toBe(Status.SERVICE_UNKNOWN);
    const stopped = node.stop();
    expect([await next(whole), await next(service)]).toEqual([Status.NOT_SERVING, Status.NOT_SERVING]);
    expect((await whole?.status)?.code).toBe(GrpcStatus.OK);
    await stopped;
  });
});
