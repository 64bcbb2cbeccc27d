/**
 * MlsApi.UploadKeyPackage and its older name RegisterInstallation: one current key package per installation, whose id is
 * the leaf's signature key. The package is verified as a client will verify it; whether the installation belongs to the
 * inbox it names is proven later, by the commit that adds it.
 *
 * Source: node API section "Sending"; identity protocol section "MLS binding"; RFC 9420 section 10.1.
 */
import { MlsApi, type RegisterInstallationRequest, type UploadKeyPackageRequest } from '@conclave/proto';
import type { NodeContext } from '../../context.js';
import { NodeError } from '../../errors.js';
import { checkSize } from '../checks.js';
import { type Rpc, unaryRpc } from '../rpc.js';
import { verifyInstallationKeyPackage } from './verify-key-package.js';

/** `MlsApi.UploadKeyPackage`. Refuses with `node/invalid-key-package` or a size, and stores nothing then. */
export function uploadKeyPackage(context: NodeContext): Rpc {
  return unaryRpc(MlsApi.method.uploadKeyPackage, async (request) => {
    await store(context, request);
    return {};
  });
}

/** `MlsApi.RegisterInstallation`, deprecated: the same, and answers with the installation key. */
export function registerInstallation(context: NodeContext): Rpc {
  return unaryRpc(MlsApi.method.registerInstallation, async (request) => ({
    installationKey: await store(context, request),
  }));
}

/** @returns the installation key */
async function store(
  { log, limits, nowNs }: NodeContext,
  { keyPackage }: UploadKeyPackageRequest | RegisterInstallationRequest,
): Promise<Uint8Array> {
  const bytes = keyPackage?.keyPackageTlsSerialized;
  if (bytes === undefined || bytes.length === 0) throw new NodeError('node/missing-field', { field: 'key_package' });
  checkSize(bytes.length, limits.keyPackageBytes, 'key_package', 0);
  const installationKey = verifyInstallationKeyPackage(bytes, nowNs() / 1_000_000_000n);
  await log.putKeyPackage(installationKey, bytes);
  return installationKey;
}
