/** `init`, `whoami`, `can-message`, `devices`: who I am and whom I can reach. */
import { existsSync } from 'node:fs';
import { toHex } from '@conclave/crypto';
import { nodeCrypto } from '@conclave/crypto/node';
import { IdentifierKind } from '@conclave/node-sdk';
import colors from 'picocolors';
import { CliError } from '../errors.js';
import { importWalletKey } from '../keys/import-key.js';
import { type Keys, keyFilePath, writeKeyFile } from '../keys/key-file.js';
import { short } from '../output.js';
import { resolvePerson } from '../resolve.js';
import {
  databasePath,
  givenPassphrase,
  makeHome,
  openSession,
  type PersonOptions,
  readKeys,
  type World,
  withSession,
} from '../session.js';

/** Options of `init`. */
export interface InitOptions extends PersonOptions {
  readonly import?: string;
  readonly throwAway?: boolean;
}

/** Makes or imports the wallet key and registers this installation; with a key already there it only registers. */
export async function init(options: InitOptions, world: World): Promise<void> {
  const path = databasePath(options, world);
  const keyPath = keyFilePath(path);
  makeHome(path);
  let keys: Keys;
  const resumed = existsSync(keyPath);
  if (resumed) {
    if (options.import !== undefined) throw new CliError('cli/key-exists', { path: keyPath });
    keys = await readKeys(options, world);
  } else {
    const walletKey = options.import === undefined ? nodeCrypto.random(32) : importWalletKey(options.import);
    keys = { walletKey, databaseKey: nodeCrypto.random(32) };
    writeKeyFile(keyPath, keys, await newPassphrase(options, world));
  }
  world.output.note('Registering this installation …');
  const { client, address } = await openSession(keys, options, world);
  try {
    world.output.result(
      {
        address,
        inboxId: client.inboxId,
        installationId: client.installationId,
        db: path,
        keyFile: keyPath,
      },
      () => [
        `${colors.bold('You are')} ${address}`,
        `  inbox         ${client.inboxId}`,
        `  installation  ${client.installationId}`,
        colors.dim(`  database      ${path}`),
        colors.dim(`  wallet key    ${keyPath}`),
        resumed
          ? 'This key was here already.'
          : `Give your address to somebody, then: ${colors.bold('conclave chat ADDRESS')}`,
      ],
    );
  } finally {
    await client.close();
  }
}

async function newPassphrase(options: InitOptions, world: World): Promise<string> {
  if (options.throwAway === true) return '';
  const given = givenPassphrase(options, world);
  if (given !== undefined) return given;
  if (world.prompter.interactive) {
    const first = await world.prompter.secret(
      'A passphrase for the wallet key (empty: throw-away key, stored in the clear)',
    );
    if (first === '' || (await world.prompter.secret('Once more')) === first) return first;
    throw new CliError('cli/wrong-passphrase', { reason: 'the two differ' });
  }
  world.output.warn(
    'No passphrase given: the key is stored in the clear, readable by you alone. Use it for trying things out.',
  );
  return '';
}

/** Options of `whoami`. */
export interface WhoamiOptions extends PersonOptions {
  readonly showKey?: boolean;
}

/** Address, inbox id and installation; the wallet key only when asked for. */
export async function whoami(options: WhoamiOptions, world: World): Promise<void> {
  const keys = await readKeys(options, world);
  await withSession(options, world, async ({ client, address }) => {
    const shown = options.showKey === true ? { walletKey: `0x${toHex(keys.walletKey)}` } : {};
    world.output.result({ address, inboxId: client.inboxId, installationId: client.installationId, ...shown }, () => [
      `address       ${address}`,
      `inbox         ${client.inboxId}`,
      `installation  ${client.installationId}`,
      ...(options.showKey === true ? [`wallet key    0x${toHex(keys.walletKey)}`] : []),
    ]);
  });
}

/** Tells for each address whether somebody is registered under it. */
export async function canMessage(whom: readonly string[], options: PersonOptions, world: World): Promise<void> {
  const identifiers = whom.map((typed) => {
    if (!/^0x[0-9a-fA-F]{40}$/.test(typed)) throw new CliError('cli/not-an-identity', { typed });
    return { identifier: typed.toLowerCase(), identifierKind: IdentifierKind.Ethereum };
  });
  await withSession(options, world, async ({ client }) => {
    const answers = await client.canMessage(identifiers);
    world.output.result(Object.fromEntries(answers), () =>
      identifiers.map(
        ({ identifier }) =>
          `${identifier}  ${answers.get(identifier) === true ? colors.green('yes') : colors.red('no')}`,
      ),
    );
  });
}

/** Options of `devices`. */
export interface DevicesOptions extends PersonOptions {
  readonly revoke?: string;
  readonly of?: string;
}

/** Lists the installations of the own inbox (or of `--of WHOM`), or revokes one of the own. */
export async function devices(options: DevicesOptions, world: World): Promise<void> {
  await withSession(options, world, async ({ client }) => {
    const inboxId = options.of === undefined ? client.inboxId : (await resolvePerson(client, options.of)).inboxId;
    if (options.revoke !== undefined) {
      const { installations } = await client.preferences.fetchInboxState();
      const matching = installations.filter((i) => i.id.startsWith((options.revoke as string).toLowerCase()));
      const [installation] = matching;
      if (matching.length !== 1 || installation === undefined) {
        throw new CliError('cli/usage', { option: '--revoke', matching: matching.length });
      }
      await client.revokeInstallations([installation.bytes]);
      world.output.note(`Revoked ${short(installation.id)}.`);
    }
    const [state] = await client.preferences.fetchInboxStates([inboxId]);
    if (state === undefined) throw new CliError('cli/unknown-person', { inboxId });
    world.output.result(
      {
        inboxId: state.inboxId,
        recoveryIdentifier: state.recoveryIdentifier.identifier,
        identifiers: state.identifiers.map((i) => i.identifier),
        installations: state.installations.map((i) => ({
          installationId: i.id,
          clientTimestampNs: i.clientTimestampNs ?? null,
        })),
      },
      () => [
        `inbox ${state.inboxId}`,
        ...state.identifiers.map((i) => `  account       ${i.identifier}`),
        ...state.installations.map(
          (i) => `  installation  ${i.id}${i.id === client.installationId ? colors.dim('  (this one)') : ''}`,
        ),
      ],
    );
  });
}
