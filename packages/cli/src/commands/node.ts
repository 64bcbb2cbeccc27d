/** `node start`: a node in the foreground. */
import { optionsFromSettings, type RunningNode, readSettings, type SettingValue, startNode } from '@conclave/node';
import type { World } from '../world.js';

/** The settings as the command line has them, by name; `--config` and `--json` beside them. */
export type NodeCommandOptions = Readonly<Record<string, string | readonly string[] | undefined>> & {
  readonly config?: string;
};

/** Flags whose name commander makes differs from the setting's. */
const FLAG_NAMES: Readonly<Record<string, string>> = { chain: 'chains', limit: 'limits' };

/** What holds. @throws NodeError `node/invalid-setting`, `node/config-unreadable` */
export function settingsOf(options: NodeCommandOptions, world: World): readonly SettingValue[] {
  const flags = Object.fromEntries(Object.entries(options).map(([name, value]) => [FLAG_NAMES[name] ?? name, value]));
  return readSettings({ flags, environment: world.env, file: options.config });
}

/**
 * Starts a node, prints a line beginning `ready`, reads its certificate again on SIGHUP, and drains on SIGTERM or SIGINT.
 * @throws NodeError as startNode, `node/address-in-use` among them; nothing is left running then
 */
export async function nodeStart(options: NodeCommandOptions, world: World): Promise<void> {
  const nodeOptions = optionsFromSettings(settingsOf(options, world));
  const node = await startNode(nodeOptions);
  const stopped = new Promise<void>((done) => {
    process.once('SIGTERM', () => done());
    process.once('SIGINT', () => done());
  });
  process.on('SIGHUP', () => void node.reloadTls());
  const { dataDir } = nodeOptions;
  world.output.result({ ready: true, ...addressesOf(node), dataDir }, () => [readyLine(node, dataDir)]);
  await stopped;
  world.output.note('Stopping: no new calls, finishing what is under way …');
  await node.stop();
}

function addressesOf(node: RunningNode): Record<string, string | null> {
  const { grpcAddress, webAddress, tlsAddress, historyAddress, metricsAddress } = node;
  const addresses = { grpcAddress, webAddress, tlsAddress, historyAddress, metricsAddress };
  return Object.fromEntries(Object.entries(addresses).map(([name, address]) => [name, address ?? null]));
}

function readyLine(node: RunningNode, dataDir: string): string {
  const parts = [
    ['grpc', 'http', node.grpcAddress],
    ['web', 'http', node.webAddress],
    ['tls', 'https', node.tlsAddress],
    ['history', 'http', node.historyAddress],
    ['metrics', 'http', node.metricsAddress],
  ] as const;
  const open = parts.filter(([, , address]) => address !== undefined);
  return ['ready', ...open.map(([name, scheme, address]) => `${name} ${scheme}://${address}`), `data ${dataDir}`].join(
    '  ',
  );
}
