import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { requireReachable } from './reachable.js';

const unreachable = expect.objectContaining({ code: 'cli/node-unreachable' });

describe('requireReachable', () => {
  it.each(['127.0.0.1', '::1'])('is content with whoever listens on %s, and not once they stop', async (host) => {
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
    await requireReachable(url, {});
    server.close();
    await once(server, 'close');
    await expect(requireReachable(url, {})).rejects.toThrow(unreachable);
    // Through a proxy only gRPC itself can tell.
    await requireReachable(url, { HTTP_PROXY: 'http://proxy:3128' });
  });
});
