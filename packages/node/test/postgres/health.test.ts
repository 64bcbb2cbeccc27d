import { Health, HealthCheckResponse_ServingStatus as Status } from '@conclave/proto';
import { expect, it } from 'vitest';
import { startTestNode } from '../../src/node.testkit.js';
import { describeWithPostgres } from './postgres.testkit.js';

describeWithPostgres('a node whose database goes away', (server) => {
  it('says so to probes and to those who watch, and that it is back', async () => {
    const { client, web } = await startTestNode({ postgres: await server().createDatabase() });
    const readyz = async () => (await fetch(`${web}/readyz`)).status;
    const watched = client.stream(Health.method.watch, {});
    const next = async () => (await watched.take(1))[0]?.status;
    expect([await readyz(), await next()]).toEqual([200, Status.SERVING]);
    await server().kill();
    expect(await next()).toBe(Status.NOT_SERVING);
    expect([await readyz(), (await client.call(Health.method.check, {})).status]).toEqual([503, Status.NOT_SERVING]);
    expect((await fetch(`${web}/healthz`)).status).toBe(200);
    await server().startServer();
    expect(await next()).toBe(Status.SERVING);
    expect(await readyz()).toBe(200);
  });
});
