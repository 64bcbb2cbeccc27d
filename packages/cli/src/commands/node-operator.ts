/** `node config`, `node init`: what an operator does before a node runs. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  createSelfSigned,
  formatSettings,
  makeDataDir,
  maskSecrets,
  optionsFromSettings,
  readConfig,
} from '@conclave/node';
import { CliError } from '../errors.js';
import type { World } from '../world.js';
import { type NodeCommandOptions, settingsOf } from './node.js';

/** Names of the files that `node init` makes in the data folder. */
const CONFIG_FILE = 'node.env';
const CERT_FILE = 'tls-cert.pem';
const KEY_FILE = 'tls-key.pem';
const SELF_SIGNED_DAYS = 365;

/** Prints what holds, secrets masked. @throws NodeError `node/invalid-setting`, `node/config-unreadable` */
export async function nodeConfig(options: NodeCommandOptions, world: World): Promise<void> {
  const settings = settingsOf(options, world);
  // Whatever does not fit is said now and not at the start.
  if (settings.some(({ setting, value }) => setting.name === 'data' && value))
    readConfig(optionsFromSettings(settings));
  const value = Object.fromEntries(
    settings.map(({ setting, value, source }) => [
      setting.name,
      { value: value === undefined ? null : setting.isSecret ? maskSecrets(value) : value, source },
    ]),
  );
  world.output.result(value, () => formatSettings(settings));
}

/**
 * Makes the data folder with a configuration file and, unless one is named, a certificate for trying. Nothing that is there
 * is overwritten.
 * @throws CliError `cli/node-exists`; NodeError `node/data-directory-unusable`
 */
export async function nodeInit(options: NodeCommandOptions, world: World): Promise<void> {
  const settings = settingsOf(options, world);
  const { dataDir, tlsCert, tlsKey } = optionsFromSettings(settings);
  const folder = resolve(dataDir);
  const config = join(folder, CONFIG_FILE);
  if (existsSync(config)) throw new CliError('cli/node-exists', { path: config });
  await makeDataDir(folder, { mode: 0o700 });
  const [cert, key] = [tlsCert ?? join(folder, CERT_FILE), tlsKey ?? join(folder, KEY_FILE)];
  const isOwn = tlsCert === undefined && tlsKey === undefined && !existsSync(cert);
  if (isOwn) {
    const pair = createSelfSigned((options.host ?? ['localhost']) as readonly string[], SELF_SIGNED_DAYS);
    await writeFile(cert, pair.cert, { flag: 'wx', mode: 0o644 });
    await writeFile(key, pair.key, { flag: 'wx', mode: 0o600 });
  }
  const set = settings.map((each) =>
    each.setting.name === 'data'
      ? { ...each, value: folder }
      : each.setting.name === 'tlsCert'
        ? { ...each, value: cert }
        : each.setting.name === 'tlsKey'
          ? { ...each, value: key }
          : each,
  );
  const lines = set.flatMap(({ setting, value }) => [
    `# ${setting.help}`,
    `${value === undefined ? '# ' : ''}${setting.variable}=${value ?? ''}`,
    '',
  ]);
  await writeFile(config, lines.join('\n'), { flag: 'wx', mode: 0o600 });
  const result = { dataDir: folder, config, tlsCert: cert, tlsKey: key, selfSigned: isOwn };
  world.output.result(result, () => [
    `data folder    ${folder}`,
    `settings       ${config}`,
    `certificate    ${cert}${isOwn ? ' (self-signed, for trying)' : ''}`,
    '',
    `Start it:      conclave node start --config ${config}`,
    `Over TLS:      conclave node start --config ${config} --tls 0.0.0.0:8443`,
  ]);
}
