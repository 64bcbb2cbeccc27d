/** `whoami`, `can-message`: who I am and whom I can reach. */
import { toHex } from '@conclave/crypto';
import { IdentifierKind } from '@conclave/node-sdk';
import { colors } from '../colors.js';
import { parseAddress } from '../resolve.js';
import { readKeys, withSession } from '../session.js';
import type { PersonOptions } from '../settings.js';
import type { World } from '../world.js';

/** Options of `whoami`. */
export interface WhoamiOptions extends PersonOptions {
  readonly showKey?: boolean;
}

/** Address, inbox id and installation; the wallet key only when asked for. */
export async function whoami(options: WhoamiOptions, world: World): Promise<void> {
  const { walletKey } = options.showKey === true ? await readKeys(options, world) : { walletKey: undefined };
  const shownKey = walletKey === undefined ? undefined : `0x${toHex(walletKey)}`;
  await withSession(options, world, 'none', async ({ client, address }) => {
    const { inboxId, installationId } = client;
    const value = { address, inboxId, installationId, ...(shownKey === undefined ? {} : { walletKey: shownKey }) };
    world.output.result(value, () => [
      `address       ${address}`,
      `inbox         ${inboxId}`,
      `installation  ${installationId}`,
      ...(shownKey === undefined ? [] : [`wallet key    ${shownKey}`]),
    ]);
  });
}

/** Tells for each address whether somebody is registered under it. */
export async function canMessage(whom: readonly string[], options: PersonOptions, world: World): Promise<void> {
  const addresses = whom.map(parseAddress);
  await withSession(options, world, 'none', async ({ client }) => {
    const answers = await world.output.during('Waiting for the node …', () =>
      client.canMessage(addresses.map((identifier) => ({ identifier, identifierKind: IdentifierKind.Ethereum }))),
    );
    world.output.result(Object.fromEntries(answers), () =>
      addresses.map(
        (address) => `${address}  ${answers.get(address) === true ? colors.green('yes') : colors.red('no')}`,
      ),
    );
  });
}
