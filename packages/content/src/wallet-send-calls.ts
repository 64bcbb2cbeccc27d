/** xmtp.org/walletSendCalls:1.0 - calls that a wallet is asked to send (EIP-5792). JSON. */
import type { ContentCodec } from './codec.js';
import { xmtpType } from './content-type-id.js';
import { ContentError } from './errors.js';
import { JsonFields, jsonArray, jsonBytes, jsonObject, jsonText, optionalJsonText } from './json-content.js';

/** One call. Numbers are `0x` hex. */
export interface WalletCall {
  readonly to?: string | undefined;
  readonly data?: string | undefined;
  readonly value?: string | undefined;
  readonly gas?: string | undefined;
  /** What the call does, for people: `description` and `transactionType` must be among it. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** A request to a wallet. */
export interface WalletSendCalls {
  readonly version: string;
  /** `0x` hex. */
  readonly chainId: string;
  readonly from: string;
  readonly calls: readonly WalletCall[];
  readonly capabilities?: Readonly<Record<string, string>> | undefined;
}

const contentType = xmtpType('walletSendCalls');
/** Members of a call's metadata that must be there, in the order in which they are written. */
const REQUIRED_METADATA = ['description', 'transactionType'] as const;

/** xmtp.org/walletSendCalls:1.0. */
export const walletSendCallsCodec: ContentCodec<WalletSendCalls> = {
  contentType,
  encode: (request) => {
    const json = writeRequest(request);
    return { type: contentType, parameters: {}, fallback: fallbackOf(json), content: jsonBytes(json) };
  },
  decode: ({ content }) => {
    const fields = JsonFields.parse(contentType, content);
    const capabilities = fields.optionalFields('capabilities');
    return {
      version: fields.text('version'),
      chainId: fields.text('chainId'),
      from: fields.text('from'),
      calls: fields.list('calls').map((call) => readCall(new JsonFields(contentType, call, 'calls'))),
      ...(capabilities !== undefined && { capabilities: Object.fromEntries(capabilities.texts()) }),
    };
  },
  fallback: (request) => fallbackOf(writeRequest(request)),
  shouldPush: () => true,
};

function fallbackOf(json: string): string {
  return `[Transaction request generated]: ${json}`;
}

function writeRequest({ version, chainId, from, calls, capabilities }: WalletSendCalls): string {
  return jsonObject([
    ['version', jsonText(version)],
    ['chainId', jsonText(chainId)],
    ['from', jsonText(from)],
    ['calls', jsonArray(calls.map(writeCall))],
    ['capabilities', capabilities === undefined ? undefined : jsonObject(textMembers(Object.entries(capabilities)))],
  ]);
}

function writeCall({ to, data, value, gas, metadata }: WalletCall): string {
  return jsonObject([
    ['to', optionalJsonText(to)],
    ['data', optionalJsonText(data)],
    ['value', optionalJsonText(value)],
    ['gas', optionalJsonText(gas)],
    ['metadata', metadata === undefined ? undefined : writeMetadata(metadata)],
  ]);
}

/** The required members first, then the others as the application gave them. */
function writeMetadata(metadata: Readonly<Record<string, string>>): string {
  const required = REQUIRED_METADATA.map((name): [string, string] => {
    const value = Object.hasOwn(metadata, name) ? metadata[name] : undefined;
    if (value === undefined) {
      throw new ContentError('content/invalid-value', {
        typeId: contentType.typeId,
        field: 'metadata',
        reason: `missing field \`${name}\``,
      });
    }
    return [name, value];
  });
  const others = Object.entries(metadata).filter(([name]) => !required.some(([taken]) => taken === name));
  return jsonObject(textMembers([...required, ...others]));
}

function textMembers(entries: readonly (readonly [string, string])[]): [string, string][] {
  return entries.map(([name, value]) => [name, jsonText(value)]);
}

function readCall(fields: JsonFields): WalletCall {
  const { to, data, value, gas } = {
    to: fields.optionalText('to'),
    data: fields.optionalText('data'),
    value: fields.optionalText('value'),
    gas: fields.optionalText('gas'),
  };
  const metadata = fields.optionalFields('metadata');
  for (const name of REQUIRED_METADATA) metadata?.text(name);
  return {
    ...(to !== undefined && { to }),
    ...(data !== undefined && { data }),
    ...(value !== undefined && { value }),
    ...(gas !== undefined && { gas }),
    ...(metadata !== undefined && { metadata: Object.fromEntries(metadata.texts()) }),
  };
}
