/** What people do to their inboxes: accounts come and go, and lost devices are shut out. */
import { fromHex } from '@conclave/crypto';
import { identifierText } from '@conclave/identity';
import { testWallet } from '../wallet.js';
import type { Action } from './scene.js';

/** A second account of the owner of a device; the first one stays the one that may revoke. */
function secondWallet(deviceName: string) {
  return testWallet(`${deviceName.split('-')[0]} second`);
}

/** Adds the owner's second account; this installation and that account sign. */
export const linkAccount: Action = async ({ random }, device) => {
  if (device.client.identity.status !== 'registered') return;
  const wallet = secondWallet(device.name);
  const request = await device.client.identity.addAccountRequest(wallet.identifier, {
    allowReassign: random.chance(0.5),
  });
  wallet.approve(request);
  await device.client.identity.apply(request);
};

/** Takes it away again, with the installations that it has added. */
export const unlinkAccount: Action = async (_, device) => {
  if (device.client.identity.status !== 'registered') return;
  const wallet = secondWallet(device.name);
  const own = device.client.identity.localInboxView(device.client.inboxId);
  if (!own.identifiers.some((each) => identifierText(each) === identifierText(wallet.identifier))) return;
  const request = await device.client.identity.removeAccountRequest(wallet.identifier);
  await device.wallet.approve(request);
  await device.client.identity.apply(request);
};

/** Shuts out another installation of the same inbox. */
export const revokeInstallation: Action = async ({ random }, device) => {
  const { identity, installationId, inboxId } = device.client;
  if (identity.status !== 'registered') return;
  const [own] = await identity.inboxViews([inboxId], { refresh: true });
  const others = (own?.installations ?? []).filter(({ id }) => id !== installationId);
  const lost = random.pick(others);
  // Somebody with two devices rarely gives one up, and somebody has to be left.
  if (lost === undefined || (others.length === 1 && random.chance(0.7))) return;
  const request = await identity.revokeInstallationsRequest([fromHex(lost.id)]);
  await device.wallet.approve(request);
  await identity.apply(request);
};
