/** Replacing the own key package by hand, where an application finds that others cannot use it. */
import type { ClientContext } from '../context.js';
import { advanceKeyPackageDue } from '../store/installation.js';
import { tickKeyPackages } from './key-package-rotation.js';
import { requireRegistered } from './registration.js';

/**
 * Replaces the key package now.
 * @returns false when one was replaced within the hour, with which a welcome may still be on its way: then it follows when that is over
 * @throws ClientError `client/not-registered`, `client/installation-revoked`; NetworkError when the upload failed: it is due again in a minute
 */
export async function rotateKeyPackage(ctx: ClientContext): Promise<boolean> {
  requireRegistered(ctx);
  advanceKeyPackageDue(ctx.db, ctx.host.nowNs());
  return (await tickKeyPackages(ctx)).rotated;
}
