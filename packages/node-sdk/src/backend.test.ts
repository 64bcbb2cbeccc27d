import {
  Backend,
  type BackendEnv,
  type BackendOptions,
  connect as connectOn,
  envToString,
  type NetworkOptions,
  backendOf as sharedBackendOf,
  type XmtpEnv,
} from '@conclave/sdk';
import { describe, expect, it } from 'vitest';
import { BackendBuilder, chosenBackend, createBackend } from './backend.js';
import { ApiUrls } from './constants.js';
import { nodePlatform } from './platform/node-platform.js';

const backendOf = (options: NetworkOptions | BackendOptions = {}) => sharedBackendOf(options, ApiUrls);
const connect = (backend: Backend) => connectOn(nodePlatform, backend);

const GATEWAY = 'https://gateway.example:443';

describe('createBackend', () => {
  it.each([
    [undefined, 'Dev', 'https://grpc.dev.xmtp.network:443'],
    ['local', 'Local', 'http://localhost:5556'],
    ['dev', 'Dev', 'https://grpc.dev.xmtp.network:443'],
    ['production', 'Production', 'https://grpc.production.xmtp.network:443'],
  ] as const)('%s is %s', async (env, spelling, v3Host) => {
    const backend = await createBackend(env === undefined ? undefined : { env });
    expect(backend).toEqual(new Backend({ env: spelling, v3Host, gatewayHost: null, appVersion: '' }));
    expect(envToString(backend.env)).toBe(env ?? 'dev');
  });

  it('takes an address instead of the environment’s', async () => {
    const backend = await createBackend({ env: 'local', apiUrl: 'http://host:1', appVersion: 'garden/1' });
    expect([backend.v3Host, backend.appVersion]).toEqual(['http://host:1', 'garden/1']);
  });

  it.each([
    ['testnet-staging', 'TestnetStaging'],
    ['testnet-dev', 'TestnetDev'],
    ['testnet', 'Testnet'],
    ['mainnet', 'Mainnet'],
  ] as const)('%s needs a gateway', async (env, spelling) => {
    for (const rest of [{}, { apiUrl: 'http://host:1' }]) {
      await expect(createBackend({ env, ...rest })).rejects.toMatchObject({
        code: 'sdk/missing-gateway-host',
        message: expect.stringContaining(
          `[BackendConfigError::MissingGatewayHost] D14n environment '${spelling}' requires gateway_host to be set`,
        ),
      });
    }
    const backend = await createBackend({ env, gatewayHost: GATEWAY });
    expect([backend.env, backend.v3Host, backend.gatewayHost]).toEqual([spelling, null, GATEWAY]);
    expect(envToString(backend.env)).toBe(env);
  });

  it('knows no other environment', async () => {
    await expect(createBackend({ env: 'elsewhere' as XmtpEnv })).rejects.toMatchObject({
      code: 'sdk/unknown-environment',
    });
    expect(() => new BackendBuilder('local' as BackendEnv)).toThrow();
  });

  it('can be said part by part', async () => {
    const builder = new BackendBuilder('Mainnet').setApiUrl('http://host:1').setGatewayHost(GATEWAY);
    expect(await builder.setAppVersion('a/1').build()).toEqual(
      new Backend({ env: 'Mainnet', v3Host: 'http://host:1', gatewayHost: GATEWAY, appVersion: 'a/1' }),
    );
  });
});

describe('the backend of a client', () => {
  it('is the one given, or made of the network options', async () => {
    const backend = await createBackend({ env: 'local' });
    expect(await backendOf({ backend })).toBe(backend);
    expect(await backendOf({ env: 'local' })).toEqual(backend);
    expect((await backendOf()).env).toBe('Dev');
  });

  it('is not both', async () => {
    const backend = await createBackend({ env: 'local' });
    const options = { backend, env: 'dev', appVersion: 'a/1', apiUrl: undefined } as object;
    await expect(backendOf(options)).rejects.toMatchObject({
      code: 'sdk/conflicting-options',
      message:
        "Cannot specify both 'backend' and network options (env, appVersion). Use either a pre-built Backend or network options, not both.",
    });
  });

  it('is refused where only a gateway answers', async () => {
    for (const env of ['mainnet', 'local'] as const) {
      const backend = await createBackend({ env, gatewayHost: GATEWAY });
      expect(() => connect(backend)).toThrow(expect.objectContaining({ code: 'sdk/gateway-unsupported' }));
    }
  });

  it('is refused when its address is none', async () => {
    for (const apiUrl of ['not a url', 'ftp://host:1']) {
      const backend = await createBackend({ env: 'local', apiUrl });
      expect(() => connect(backend)).toThrow(expect.objectContaining({ code: 'client/network-refused' }));
    }
  });
});

describe('the backend of a call without a client', () => {
  it('is itself, an environment, or network options', async () => {
    const backend = await createBackend({ env: 'local' });
    expect(await chosenBackend(backend)).toBe(backend);
    expect(await chosenBackend('local')).toEqual(backend);
    expect(await chosenBackend({ env: 'local' })).toEqual(backend);
    expect((await chosenBackend()).env).toBe('Dev');
    expect((await chosenBackend('mainnet', GATEWAY)).gatewayHost).toBe(GATEWAY);
  });
});
