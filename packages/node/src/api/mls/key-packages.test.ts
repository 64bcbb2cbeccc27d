import { nodeCrypto } from '@conclave/crypto/node';
import { MlsApi } from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import { GrpcStatus } from '../../grpc-status.js';
import { bytes } from '../../log/log.testkit.js';
import { startTestNode, TEST_TIME_NS } from '../../node.testkit.js';
import { keyPackageOf, seed } from '../material.testkit.js';

const { uploadKeyPackage, registerInstallation, fetchKeyPackages } = MlsApi.method;
const upload = (keyPackageTlsSerialized: Uint8Array) => ({ keyPackage: { keyPackageTlsSerialized } });
const installationKey = (number: number) => nodeCrypto.signaturePrivateKey(seed(number)).publicKey;
const nowSeconds = TEST_TIME_NS / 1_000_000_000n;

describe('UploadKeyPackage and FetchKeyPackages', () => {
  it('keeps the newest package of each installation and answers by position', async () => {
    const { client } = await startTestNode();
    const [first, second, other] = [keyPackageOf(seed(1)), keyPackageOf(seed(1)), keyPackageOf(seed(2))];
    for (const keyPackage of [first, other, second]) await client.call(uploadKeyPackage, upload(keyPackage));
    const installationKeys = [installationKey(9), installationKey(1), installationKey(2)];
    const { keyPackages } = await client.call(fetchKeyPackages, { installationKeys });
    expect(keyPackages.map((entry) => entry.keyPackageTlsSerialized)).toEqual([bytes(''), second, other]);
  });

  it('fills only the last position of a key that is asked for twice, and answers nothing with nothing', async () => {
    const { client } = await startTestNode();
    const keyPackage = keyPackageOf(seed(1));
    await client.call(uploadKeyPackage, upload(keyPackage));
    const installationKeys = [installationKey(1), installationKey(1)];
    const { keyPackages } = await client.call(fetchKeyPackages, { installationKeys });
    expect(keyPackages.map((entry) => entry.keyPackageTlsSerialized)).toEqual([bytes(''), keyPackage]);
    expect((await client.call(fetchKeyPackages, {})).keyPackages).toEqual([]);
  });

  it('serves RegisterInstallation as an older name', async () => {
    const { client } = await startTestNode();
    const answer = await client.call(registerInstallation, upload(keyPackageOf(seed(1))));
    expect(answer.installationKey).toEqual(installationKey(1));
    const { keyPackages } = await client.call(fetchKeyPackages, { installationKeys: [installationKey(1)] });
    expect(keyPackages[0]?.keyPackageTlsSerialized.length).toBeGreaterThan(0);
  });

  const good = keyPackageOf(seed(1));
  const flipped = (index: number) => good.map((byte, at) => (at === index ? byte ^ 1 : byte));
  it.each([
    ['no package', bytes(''), 'key_package'],
    ['bytes that are none', bytes('not a key package'), 'invalid identity'],
    ['trailing bytes', Uint8Array.from([...good, 0]), 'invalid identity'],
    ['a package cut off', good.subarray(0, -1), 'invalid identity'],
    ['a forged signature', flipped(good.length - 1), 'key-package-signature'],
    ['a forged leaf', flipped(45), 'signature'],
    [
      'a lifetime that is over',
      keyPackageOf(seed(1), { lifetime: { notBefore: nowSeconds - 7_200n, notAfter: nowSeconds - 3_600n } }),
      'lifetime',
    ],
    [
      'a lifetime that has not begun',
      keyPackageOf(seed(1), { lifetime: { notBefore: nowSeconds + 60n, notAfter: nowSeconds + 3_600n } }),
      'lifetime',
    ],
    [
      'a credential that names no inbox',
      keyPackageOf(seed(1), { credential: { type: 1, identity: bytes('somebody') } }),
      'credential',
    ],
  ])('refuses %s and keeps nothing', async (_name, keyPackage, text) => {
    const { client } = await startTestNode();
    const refusal = await client.refusal(uploadKeyPackage, upload(keyPackage));
    expect(refusal.code).toBe(GrpcStatus.INVALID_ARGUMENT);
    expect(refusal.details).toContain(text);
    const { keyPackages } = await client.call(fetchKeyPackages, { installationKeys: [installationKey(1)] });
    expect(keyPackages[0]?.keyPackageTlsSerialized).toHaveLength(0);
  });

  it('refuses a package beyond the size bound', async () => {
    const { client } = await startTestNode({ limits: { keyPackageBytes: 100 } });
    expect((await client.refusal(uploadKeyPackage, upload(keyPackageOf(seed(1))))).details).toContain('larger');
  });
});
