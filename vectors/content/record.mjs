/**
 * Records contents.json with the deployed client: what its encoders give for values, what they refuse, what it reads
 * out of contents, and an encrypted attachment. Run from the project's root, after `npm run build` and `npm run interop:setup`:
 *
 *   CONCLAVE_OWN_NODE=$(command -v node) "$CONCLAVE_PEER/node24t" vectors/content/record.mjs vectors/content/contents.json
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNodeProcess } from '../../interop/peer/node-process.mjs';
import { newRealClient, sdk } from '../../interop/peer/real-client.mjs';

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const unhex = (text) => Uint8Array.from(Buffer.from(text, 'hex'));
const utf8 = (text) => new TextEncoder().encode(text);

/** JSON with `{ "hex": … }` for bytes and `{ "ns": … }` for bigints. */
function tagged(value) {
  if (value instanceof Uint8Array) return { hex: hex(value) };
  if (typeof value === 'bigint') return { ns: String(value) };
  if (Array.isArray(value)) return value.map(tagged);
  if (typeof value !== 'object' || value === null) return value;
  const names = new Set(Object.keys(value));
  for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(value)))) {
    if (get && name !== '__proto__') names.add(name);
  }
  return Object.fromEntries([...names].filter((name) => value[name] !== undefined).map((name) => [name, tagged(value[name])]));
}

// ---------------------------------------------------------------- values to encode

const remote = {
  url: 'https://example.org/a b',
  contentDigest: 'ab'.repeat(32),
  secret: new Uint8Array(32).fill(1),
  salt: new Uint8Array(32).fill(2),
  nonce: new Uint8Array(12).fill(3),
  scheme: 'https://',
  contentLength: 133,
  filename: 'a.txt',
};
const { contentLength: _length, filename: _name, ...bareRemote } = remote;
const metadata = {
  transactionType: 'transfer',
  currency: 'USDC',
  amount: 1,
  decimals: 6,
  fromAddress: '0xa',
  toAddress: '0xb',
};
const transaction = { networkId: '0x1', reference: '0xdead' };
const calls = { version: '1.0', chainId: '0x1', from: '0xa' };
const actions = { id: 'i', description: 'Which?', actions: [{ id: '1', label: 'One' }] };
const manyActions = Array.from({ length: 11 }, (_, index) => ({ id: String(index), label: 'x' }));
const ODD_TEXT = 'quote " backslash \\ newline \n control \u0001\u007f line \u2028 slash / accent \u00e9 face \u{1f600}';

const VALUES = [
  ['encodeText', 'hello'],
  ['encodeText', ''],
  ['encodeText', ODD_TEXT],
  ['encodeMarkdown', '# Title'],
  ['encodeReadReceipt', {}],
  ['encodeReaction', { reference: 'ab', referenceInboxId: '', action: 1, content: ':x:', schema: 2 }],
  ['encodeReaction', { reference: 'ab', referenceInboxId: 'cd', action: 2, content: '\u{1f44d}', schema: 1 }],
  ['encodeReaction', { reference: '', referenceInboxId: '', action: 0, content: '', schema: 0 }],
  ['encodeReaction', { reference: 'r', referenceInboxId: 'i', action: 1, content: 'own', schema: 3 }],
  ['encodeAttachment', { filename: 'a.txt', mimeType: 'text/plain', content: unhex('010203') }],
  ['encodeAttachment', { mimeType: '', content: unhex('') }],
  ['encodeAttachment', { filename: '', mimeType: 'x', content: unhex('01') }],
  ['encodeRemoteAttachment', remote],
  ['encodeRemoteAttachment', bareRemote],
  ['encodeRemoteAttachment', { ...remote, contentLength: 0, filename: '' }],
  ['encodeRemoteAttachment', { ...remote, contentLength: 4294967295 }],
  ['encodeRemoteAttachment', { ...bareRemote, url: '', contentDigest: '', scheme: '', secret: unhex('') }],
  ['encodeMultiRemoteAttachment', { attachments: [remote, bareRemote, { ...remote, contentLength: 0, filename: '' }] }],
  ['encodeMultiRemoteAttachment', { attachments: [] }],
  ['encodeTransactionReference', transaction],
  ['encodeTransactionReference', { namespace: 'eip155', networkId: '1', reference: '', metadata }],
  ['encodeTransactionReference', { networkId: ODD_TEXT, reference: ODD_TEXT }],
  ...[
    0, -0, 1.5, 0.1, -1.5, 1 / 3, 100000, 12345678.9, 1e15, 1e16, 123456789012345680, 1e17, 1e20, 1e21, 1.5e22, 0.001, 1e-4,
    1e-5, 0.00001234, 1e-6, 1e-7, 1.5e-10, 5e-324, 1.7976931348623157e308, 9007199254740992, 0.3, 4.35, 2 ** 60,
  ].map((amount) => ['encodeTransactionReference', { ...transaction, metadata: { ...metadata, amount } }]),
  ['encodeTransactionReference', { ...transaction, metadata: { ...metadata, decimals: 4294967295 } }],
  ['encodeWalletSendCalls', { ...calls, calls: [] }],
  ['encodeWalletSendCalls', { ...calls, calls: [{}], capabilities: {} }],
  [
    'encodeWalletSendCalls',
    {
      ...calls,
      calls: [
        {
          to: '0xb',
          data: '0x',
          value: '0x1',
          gas: '0x2',
          metadata: { zeta: 'z', transactionType: 't', description: ODD_TEXT },
        },
        { gas: '0x5' },
      ],
      capabilities: { reference: 'https://example.org' },
    },
  ],
  ['encodeActions', actions],
  ['encodeActions', { ...actions, description: ODD_TEXT, actions: manyActions.slice(0, 10) }],
  [
    'encodeActions',
    {
      ...actions,
      actions: [
        { id: '1', label: 'One', imageUrl: 'https://example.org/1.png', style: 0, expiresAtNs: 1700000000123456789n },
        { id: '2', label: 'Two', style: 1 },
        { id: '', label: '', style: 2 },
      ],
      expiresAtNs: 1700000000000000000n,
    },
  ],
  ...[0n, 1n, 999999n, 1000000n, -1n, -1000000n, -1000001n, 2n ** 63n - 1n, -(2n ** 63n)].map((expiresAtNs) => [
    'encodeActions',
    { ...actions, expiresAtNs },
  ]),
  ['encodeIntent', { id: 'i', actionId: 'a' }],
  ['encodeIntent', { id: '', actionId: '', metadata: {} }],
  // One member each: the client writes the members of metadata in no particular order.
  ...[
    1, 1.5, -5, 0, -0, 4294967295, 4294967296, -2147483648, -2147483649, 1e16, 1e21, 1e-7, 'text', ODD_TEXT, true, null, [1, null, ['x']],
    { y: 1, x: 2 }, [], {}, 5n, -(2n ** 63n), 2n ** 64n - 1n, 2n ** 64n, 'y'.repeat(10232),
  ].map((value) => ['encodeIntent', { id: 'i', actionId: 'a', metadata: { x: value } }]),
];

const REFUSED = [
  ['encodeActions', { ...actions, actions: [] }],
  ['encodeActions', { ...actions, actions: manyActions }],
  ['encodeActions', { ...actions, actions: [actions.actions[0], actions.actions[0]] }],
  ['encodeIntent', { id: 'i', actionId: 'a', metadata: { x: 'y'.repeat(10233) } }],
  ['encodeWalletSendCalls', { ...calls, calls: [{ metadata: {} }] }],
  ['encodeWalletSendCalls', { ...calls, calls: [{ metadata: { description: 'd' } }] }],
];

// ---------------------------------------------------------------- contents to read

const type = (typeId, versionMajor = 1, authorityId = 'xmtp.org', versionMinor = 0) => ({ authorityId, typeId, versionMajor, versionMinor });
const content = (contentType, bytes, parameters = {}, rest = {}) => ({
  type: contentType,
  parameters,
  content: typeof bytes === 'string' ? utf8(bytes) : bytes,
  ...rest,
});
const PARAMETERS = {
  contentDigest: 'ab',
  secret: '01'.repeat(32),
  salt: '02'.repeat(32),
  nonce: '03'.repeat(12),
  scheme: 'https://',
  contentLength: '5',
  filename: 'f',
};
const remoteContent = (parameters, bytes = 'https://x') => content(type('remoteStaticAttachment'), bytes, parameters);
const expiring = (time) => `{"id":"i","description":"d","actions":[{"id":"1","label":"l"}],"expiresAt":"${time}"}`;
const reference = (rest) => `{"networkId":"1","reference":"r",${rest}}`;
const described = (members) => reference(`"metadata":{"transactionType":"t","currency":"c",${members},"fromAddress":"f","toAddress":"t"}`);

const CONTENTS = [
  content(type('text'), 'x'),
  content(type('text'), 'x', { encoding: 'UTF-8' }),
  content(type('text'), 'x', { encoding: 'latin1' }),
  content(type('text'), 'x', { encoding: 'utf-8' }),
  content(type('text'), unhex('ff')),
  content(type('text', 2), 'x'),
  content(type('text', 1, 'xmtp.org', 9), 'x'),
  content(type('text', 1, 'example.org'), 'x'),
  content(type('attachment'), unhex('01'), { mimeType: 'a/b' }),
  content(type('attachment'), unhex('01')),
  content(type('attachment'), unhex('01'), { mimeType: '', filename: '' }),
  remoteContent(PARAMETERS),
  ...Object.keys(PARAMETERS).map((left) => remoteContent(Object.fromEntries(Object.entries(PARAMETERS).filter(([name]) => name !== left)))),
  ...['x', '-1', '4294967296', '4294967295', '+5', ''].map((contentLength) => remoteContent({ ...PARAMETERS, contentLength })),
  ...['zz', 'AB', '01', '0'].map((secret) => remoteContent({ ...PARAMETERS, secret })),
  remoteContent(PARAMETERS, unhex('ff')),
  content(type('multiRemoteStaticAttachment'), unhex('ff')),
  content(type('multiRemoteStaticAttachment'), unhex('')),
  content(type('multiRemoteStaticAttachment'), unhex('0a00')),
  ...[
    '{"networkId":"1","reference":"r"}',
    '{"networkId":1,"reference":"r"}',
    '{"networkId":1.5,"reference":"r"}',
    '{"networkId":-1,"reference":"r"}',
    '{"networkId":"1"}',
    '{"reference":"r"}',
    '{"namespace":null,"networkId":"1","reference":"r","metadata":null}',
    reference('"extra":1'),
    described('"amount":1,"decimals":6'),
    described('"amount":1.5e22,"decimals":6'),
    described('"amount":"1","decimals":6'),
    described('"amount":1.5,"decimals":6.5'),
    described('"amount":1.5,"decimals":-6'),
    described('"amount":null,"decimals":6'),
    described('"decimals":6'),
    '[]',
    'null',
    '{',
  ].map((json) => content(type('transactionReference'), json)),
  ...[
    '"calls":[]',
    '"calls":[{}]',
    '"other":[]',
    '"calls":[{"to":null,"metadata":{"description":"d","transactionType":"t","k":2}}]',
    '"calls":[{"to":null,"metadata":{"description":"d","transactionType":"t","b":"1"}}],"capabilities":{"a":"b"}',
    '"calls":[{"metadata":{"description":"d"}}]',
    '"calls":[{"x":1,"gas":5}]',
    '"calls":[{"x":1,"gas":"5"}]',
    '"calls":[],"capabilities":{"a":{"x":1}}',
    '"calls":[],"capabilities":null',
  ].map((rest) => content(type('walletSendCalls'), `{"version":"1","chainId":"0x1","from":"f",${rest}}`)),
  content(type('walletSendCalls'), '{"version":"1","chainId":1,"from":"f","calls":[]}'),
  ...[
    '{"id":"i","description":"d","actions":[]}',
    '{"id":"i","description":"d","actions":[{"id":"1","label":"l"},{"id":"1","label":"m"}]}',
    `{"id":"i","description":"d","actions":[${manyActions.map((action) => JSON.stringify(action))}]}`,
    '{"id":"i","description":"d","actions":[{"id":"1","label":"l","image_url":"u","expires_at":"2023-11-14T22:13:20.123Z","style":"danger"}],"expires_at":"2023-11-14T22:13:20Z"}',
    '{"id":"i","description":"d","actions":[{"id":"1","label":"l","imageUrl":null,"expiresAt":null,"style":null}],"expiresAt":null}',
    '{"id":"i","description":"d","actions":[{"id":"1","label":"l","imageUrl":"a","image_url":"b"}]}',
    '{"id":"i","description":"d","actions":[{"id":"1","label":"l","style":"huge"}]}',
    '{"id":"i","description":"d","actions":[{"id":"1","label":"l","style":"Primary"}]}',
    '{"id":"i","description":"d","actions":[{"id":"1"}]}',
    '{"id":"i","actions":[{"id":"1","label":"l"}]}',
    '{"id":"i","description":"d","actions":[{"id":"1","label":"l"}],"expiresAt":1700000000}',
    ...[
      '2023-11-14T22:13:20.123456789Z',
      '2023-11-14T22:13:20.1234567890Z',
      '2023-11-14T22:13:20.1Z',
      '2023-11-14T22:13:20+02:00',
      '2023-11-14T22:13:20-00:30',
      '2023-11-14 22:13:20Z',
      '2023-11-14t22:13:20z',
      '2023-11-14T22:13:60Z',
      '1969-12-31T23:59:59.5Z',
      '2024-02-29T00:00:00Z',
      '2023-11-14',
      '1700000000',
      '2023-11-14T22:13:20',
      '2023-02-29T00:00:00Z',
      '2023-02-30T00:00:00Z',
      '2023-11-14T24:00:00Z',
      '2023-13-14T22:13:20Z',
      '+012023-11-14T22:13:20Z',
    ].map(expiring),
  ].map((json) => content(type('actions', 1, 'coinbase.com'), json)),
  content(type('actions'), '{"id":"i","description":"d","actions":[{"id":"1","label":"l"}]}'),
  ...[
    '{"id":"i","actionId":"a"}',
    '{"id":"i","action_id":"a"}',
    '{"id":"i","actionId":"a","metadata":null}',
    '{"id":"i","actionId":"a","metadata":{"x":1,"y":1.5,"z":[{"a":null}],"n":-3,"f":1e30}}',
    '{"id":"i","actionId":"a","metadata":[]}',
    `{"id":"i","actionId":"a","metadata":{"x":"${'y'.repeat(10233)}"}}`,
    '{"id":"i"}',
  ].map((json) => content(type('intent', 1, 'coinbase.com'), json)),
  content(type('readReceipt'), 'xx'),
  ...[
    '{"action":"added","reference":"aa","schema":"unicode","content":"x"}',
    '{"action":"foo","reference":"aa","schema":"bar","content":"x"}',
    '{"action":"removed","reference":"aa","referenceInboxId":"q","schema":"shortcode","content":"x"}',
    '{"action":"added","reference":"aa","content":"x"}',
    '{}',
  ].map((json) => content(type('reaction'), json)),
  content(type('reaction', 2), unhex('0a02616118012201782801')),
  content(type('reaction', 2), unhex('0a02616118092201782809')),
  content(type('reaction', 2), unhex('ff')),
  content(type('leave_request'), unhex('')),
  content(type('leave_request'), unhex('0a0101')),
  content(type('leave_request'), unhex('ff')),
  content(type('group_updated'), unhex('')),
  content(type('poll', 1, 'example.org'), 'x', { a: 'b' }, { fallback: 'a poll' }),
];

// ---------------------------------------------------------------- recording

function encode([encoder, value]) {
  return { encoder, value: tagged(value), encoded: tagged(sdk[encoder](value)) };
}

function refuse([encoder, value]) {
  try {
    sdk[encoder](value);
  } catch (error) {
    return { encoder, value: tagged(value), message: error.message };
  }
  throw new TypeError(`${encoder} refuses nothing here`);
}

function readWith(client, group) {
  return async (encoded) => {
    const id = await group.send(encoded, { shouldPush: false, optimistic: true });
    const message = client.conversations.getMessageById(id);
    return { encoded: tagged(encoded), ...(message?.content === undefined ? {} : { value: tagged(message.content) }) };
  };
}

function encryptedAttachment() {
  const attachment = { filename: 'a.txt', mimeType: 'text/plain', content: unhex('010203') };
  const encrypted = sdk.encryptAttachment(attachment);
  return { attachment: tagged(attachment), encrypted: tagged(encrypted) };
}

const line = (value) => JSON.stringify(value, (_, inner) => (Object.is(inner, -0) ? { negativeZero: true } : inner));
const lines = (values) => `[\n${values.map(line).join(',\n')}\n]`;

const folder = mkdtempSync(join(tmpdir(), 'conclave-record-'));
console.warn = () => {};
const node = await startNodeProcess(join(folder, 'node'));
try {
  const { client } = await newRealClient({ url: node.url, folder });
  const group = client.conversations.createGroupOptimistic();
  const read = [];
  for (const encoded of CONTENTS) read.push(await readWith(client, group)(encoded));
  const ids = Object.fromEntries(
    Object.keys(sdk)
      .filter((name) => name.startsWith('contentType'))
      .map((name) => [name, sdk[name]()]),
  );
  const attachment = encryptedAttachment();
  const parts = [
    `"origin": ${line('@xmtp/node-sdk 6.0.0 on @xmtp/node-bindings 1.10.0')}`,
    `"contentTypes": ${line(ids)}`,
    `"attachment": ${line(attachment)}`,
    `"encoded": ${lines(VALUES.map(encode))}`,
    `"refused": ${lines(REFUSED.map(refuse))}`,
    `"read": ${lines(read)}`,
  ];
  writeFileSync(process.argv[2], `{\n${parts.join(',\n')}\n}\n`);
} finally {
  await node.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
