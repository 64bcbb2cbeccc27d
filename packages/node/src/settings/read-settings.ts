/**
 * The one place where an operator's words become options: command line before environment before configuration file
 * before defaults. A name that nobody knows and a value that does not fit are errors, not surprises.
 *
 * The configuration file has the form of an environment file, so that systemd, compose and `--config` read the same:
 *
 *     # comment
 *     CONCLAVE_NODE_GRPC=0.0.0.0:5556
 *     CHAIN_RPC_1="https://rpc.example.org"
 */
import { readFileSync } from 'node:fs';
import type { LogLevel, NodeOptions } from '../config.js';
import { NodeError } from '../errors.js';
import { DEFAULT_LIMITS, type NodeLimits } from '../limits.js';
import { CHAIN_VARIABLE, CONFIG_VARIABLE, NODE_SETTINGS, type NodeSetting } from './index.js';

/** Where a value came from. */
export type SettingSource = 'command line' | 'environment' | 'file' | 'default';

/** A setting with what holds. */
export interface SettingValue {
  readonly setting: NodeSetting;
  /** Undefined when nothing is set and there is no default. */
  readonly value: string | undefined;
  readonly source: SettingSource;
}

/** What can be said, and where. Flags are keyed by the settings' names. */
export interface SettingSources {
  readonly flags?: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Path of the configuration file; else the environment may name one. */
  readonly file?: string | undefined;
}

/**
 * Every setting with the value that holds.
 * @throws NodeError `node/invalid-setting` for a name that is none, `node/config-unreadable`
 */
export function readSettings({ flags = {}, environment = {}, file }: SettingSources): readonly SettingValue[] {
  const path = file ?? given(environment[CONFIG_VARIABLE]);
  const fromFile = path === undefined ? {} : variablesOf(readConfigFile(path), 'file', true);
  const fromEnvironment = variablesOf(environment, 'environment', false);
  return NODE_SETTINGS.map((setting) => {
    const flag = flags[setting.name];
    const typed = Array.isArray(flag) ? flag.join(',') : (flag as string | undefined);
    if (typed !== undefined) return { setting, value: typed, source: 'command line' as const };
    const { variable } = setting;
    if (fromEnvironment[variable] !== undefined) {
      return { setting, value: fromEnvironment[variable], source: 'environment' as const };
    }
    if (fromFile[variable] !== undefined) return { setting, value: fromFile[variable], source: 'file' as const };
    return { setting, value: setting.default, source: 'default' as const };
  });
}

/**
 * The options that the settings say.
 * @throws NodeError `node/invalid-setting` with the setting and what it should be
 */
export function optionsFromSettings(settings: readonly SettingValue[]): NodeOptions {
  const values = new Map(settings.map(({ setting, value }) => [setting.name, value]));
  for (const { setting, value } of settings) checkChoice(setting, value);
  const text = (name: string) => given(values.get(name));
  const dataDir = text('data');
  if (dataDir === undefined) throw invalid('data', undefined, 'a folder, with --data or CONCLAVE_NODE_DATA');
  const optional = <Key extends keyof NodeOptions>(name: Key): Partial<NodeOptions> => {
    const value = text(name);
    return value === undefined ? {} : { [name]: value };
  };
  const optionalNumber = (name: keyof NodeOptions, max: number): Partial<NodeOptions> => {
    const value = text(name);
    return value === undefined ? {} : { [name]: wholeNumber(name, value, max) };
  };
  return {
    dataDir,
    ...optional('grpc'),
    ...optional('web'),
    ...optional('tls'),
    ...optional('tlsCert'),
    ...optional('tlsKey'),
    ...optional('history'),
    ...optional('page'),
    ...optional('postgres'),
    ...optionalNumber('postgresShards', 65_536),
    ...(text('nats') !== undefined && { nats: splitList(text('nats')) }),
    ...optional('metrics'),
    rateLimits: text('rateLimits') !== 'off',
    trustedProxyHops: wholeNumber('trustedProxyHops', text('trustedProxyHops') ?? '0', 16),
    chains: readChains(text('chains')),
    limits: readLimits(text('limits')),
    logLevel: (text('logLevel') ?? 'info') as LogLevel,
  };
}

/** Lines `NAME=value` in the form of the configuration file, secrets masked; `sources` notes where each came from. */
export function formatSettings(settings: readonly SettingValue[]): string[] {
  return settings.map(({ setting, value, source }) =>
    value === undefined
      ? `# ${setting.variable}=`
      : `${setting.variable}=${setting.isSecret ? maskSecrets(value) : value}`.padEnd(56).concat(` # ${source}`),
  );
}

/** Passwords, user names, query strings and paths of URLs are left out: any of them may be a key. */
export function maskSecrets(text: string): string {
  return text.replace(
    /([a-z][a-z0-9+.-]*:\/\/)(?:[^@/,\s]*@)?([^/?,\s]+)([/?][^,\s]*)?/gi,
    (_all, scheme, host, rest) => (rest === undefined || rest === '/' ? `${scheme}${host}` : `${scheme}${host}/…`),
  );
}

/** @throws NodeError `node/config-unreadable`, `node/invalid-setting` */
function readConfigFile(path: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new NodeError('node/config-unreadable', { path }, cause);
  }
  const values: Record<string, string> = {};
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const match = /^\s*([A-Z][A-Z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line);
    if (match === null) throw new NodeError('node/invalid-setting', { path, line: index + 1, expected: 'NAME=value' });
    values[match[1] as string] = (match[2] as string).replace(/^(["'])(.*)\1$/, '$2');
  }
  return values;
}

/** Known variables with a value. Names that look like ours and are not, and in a file any other, are refused. */
function variablesOf(
  values: Readonly<Record<string, string | undefined>>,
  source: SettingSource,
  isStrict: boolean,
): Record<string, string> {
  const known = new Set(NODE_SETTINGS.map(({ variable }) => variable));
  const found: Record<string, string> = {};
  const chains: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    const chainId = CHAIN_VARIABLE.exec(name)?.[1];
    if (given(value) === undefined) continue;
    if (chainId !== undefined) chains.push(`${chainId}=${value}`);
    else if (known.has(name)) found[name] = value as string;
    else if (name !== CONFIG_VARIABLE && (isStrict || name.startsWith('CONCLAVE_NODE_'))) {
      throw new NodeError('node/invalid-setting', { setting: name, source, expected: 'a setting that exists' });
    }
  }
  if (chains.length > 0) {
    const variable = 'CONCLAVE_NODE_CHAINS';
    found[variable] = [...(found[variable] === undefined ? [] : [found[variable]]), ...chains].join(',');
  }
  return found;
}

function checkChoice({ name, choices }: NodeSetting, value: string | undefined): void {
  if (choices === undefined || value === undefined || choices.includes(value)) return;
  throw invalid(name, value, `one of ${choices.join(', ')}`);
}

function readChains(text: string | undefined): Record<string, string> {
  const chains: Record<string, string> = {};
  for (const part of splitList(text)) {
    const match = /^(?:eip155:)?(\d{1,19})=(https?:\/\/\S+)$/.exec(part);
    if (match === null) throw invalid('chains', maskSecrets(part), 'ID=URL, such as 1=https://rpc.example.org');
    chains[match[1] as string] = match[2] as string;
  }
  return chains;
}

function readLimits(text: string | undefined): Partial<NodeLimits> {
  const limits: Record<string, number> = {};
  for (const part of splitList(text)) {
    const [name = '', value = ''] = part.split('=', 2);
    if (!Object.hasOwn(DEFAULT_LIMITS, name))
      throw invalid('limits', part, 'NAME=NUMBER with a name of docs/limits.md');
    limits[name] = wholeNumber(`limits ${name}`, value, Number.MAX_SAFE_INTEGER);
  }
  return limits as Partial<NodeLimits>;
}

function splitList(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function wholeNumber(setting: string, text: string, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= max) return value;
  throw invalid(setting, text, `a whole number from 0 to ${max}`);
}

function invalid(setting: string, value: string | undefined, expected: string): NodeError {
  return new NodeError('node/invalid-setting', { setting, ...(value !== undefined && { value }), expected });
}

/** A variable that is set to nothing is not set. */
function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
