/** `devices`: the installations of an inbox. */
import type { Client, InboxState } from '@conclave/node-sdk';
import { colors } from '../colors.js';
import { CliError } from '../errors.js';
import { resolvePerson } from '../resolve.js';
import { withSession } from '../session.js';
import type { PersonOptions } from '../settings.js';
import { short } from '../terminal-text.js';
import type { World } from '../world.js';

/** Options of `devices`. */
export interface DevicesOptions extends PersonOptions {
  readonly revoke?: string;
  readonly of?: string;
}

/** Lists the installations of the own inbox (or of `--of WHOM`), or revokes one of the own. */
export async function devices(options: DevicesOptions, world: World): Promise<void> {
  if (options.of !== undefined && options.revoke !== undefined) {
    throw new CliError('cli/usage', { reason: 'only installations of your own can be revoked' });
  }
  await withSession(options, world, 'none', async ({ client }) => {
    if (options.revoke !== undefined) {
      const id = await revoke(client, options.revoke);
      world.output.note(`Revoked ${short(id)}.`);
    }
    const inboxId = options.of === undefined ? client.inboxId : await resolvePerson(client, options.of);
    const [state] = await client.preferences.fetchInboxStates([inboxId]);
    if (state === undefined) throw new CliError('cli/unknown-person', { inboxId });
    world.output.result(stateValue(state), () => stateLines(state, client.installationId));
  });
}

/** @returns id of the installation that is gone */
async function revoke(client: Client, typed: string): Promise<string> {
  const { installations } = await client.preferences.fetchInboxState();
  const matching = installations.filter(({ id }) => id.startsWith(typed.toLowerCase()));
  const [installation] = matching;
  if (typed === '' || installation === undefined || matching.length > 1) {
    throw new CliError('cli/unknown-installation', { typed, matching: matching.length });
  }
  if (installation.id === client.installationId) {
    throw new CliError('cli/usage', { reason: 'this very installation cannot revoke itself; do it from another one' });
  }
  await client.revokeInstallations([installation.bytes]);
  return installation.id;
}

function stateValue(state: InboxState): Record<string, unknown> {
  return {
    inboxId: state.inboxId,
    recoveryIdentifier: state.recoveryIdentifier.identifier,
    accountIdentifiers: state.identifiers.map(({ identifier }) => identifier),
    installations: state.installations.map(({ id, clientTimestampNs }) => ({
      installationId: id,
      clientTimestampNs: clientTimestampNs ?? null,
    })),
  };
}

function stateLines(state: InboxState, ownInstallationId: string): string[] {
  return [
    `inbox           ${state.inboxId}`,
    ...state.identifiers.map(({ identifier }) => `  account       ${identifier}`),
    ...state.installations.map(
      ({ id }) => `  installation  ${id}${id === ownInstallationId ? colors.dim('  (this one)') : ''}`,
    ),
  ];
}
