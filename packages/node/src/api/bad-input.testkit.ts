/** Every rpc with absent, oversized, malformed and contradictory fields: the status, the field that is named, nothing stored. */
import { readFileSync } from 'node:fs';
import { fromHex } from '@conclave/crypto';
import {
  create,
  decodeProto,
  IdentityApi,
  type IdentityUpdate,
  IdentityUpdateSchema,
  MlsApi,
  PublishIdentityUpdateRequestSchema,
  SortDirection,
  WelcomePointerWrapperAlgorithm,
  WelcomeWrapperAlgorithm,
} from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import { type GrpcClient, pathOf } from '../grpc-client.testkit.js';
import { GrpcStatus } from '../grpc-status.js';
import type { NodeLimits } from '../limits.js';
import { bytes } from '../log/log.testkit.js';
import { keyPackageOf, mlsMessage, seed } from './material.testkit.js';

const { INVALID_ARGUMENT, UNKNOWN } = GrpcStatus;
const mls = MlsApi.method;
const identity = IdentityApi.method;

const group = (value: object) => ({ messages: [{ version: { case: 'v1' as const, value } }] });
const welcome = (value: object) =>
  group({ installationKey: bytes('i'), data: bytes('d'), hpkePublicKey: bytes('k'), ...value });
const pointer = (value: object) => ({
  messages: [
    {
      version: {
        case: 'welcomePointer' as const,
        value: {
          ...{ installationKey: bytes('i'), welcomePointer: bytes('p'), hpkePublicKey: bytes('k') },
          wrapperAlgorithm: WelcomePointerWrapperAlgorithm.XWING_MLKEM_768_DRAFT_6,
          ...value,
        },
      },
    },
  ],
});
const commit = (value: object) => ({
  requests: [{ groupId: bytes('g'), serializedCommitLogEntry: bytes('e'), signature: { bytes: bytes('s') }, ...value }],
});
const keyPackage = (keyPackageTlsSerialized: Uint8Array) => ({ keyPackage: { keyPackageTlsSerialized } });
const forged = (bytes: Uint8Array) => bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte));

/** A registration of the deployed client with one bit of its owner's signature changed. */
function forgedRegistration(): IdentityUpdate {
  const file = new URL('../../../../vectors/identity/gv02-registration.json', import.meta.url);
  const { publishIdentityUpdateRequest } = JSON.parse(readFileSync(file, 'utf8'));
  const update = decodeProto(PublishIdentityUpdateRequestSchema, fromHex(publishIdentityUpdateRequest)).identityUpdate;
  const kind = update?.actions[0]?.kind;
  const signature = kind?.case === 'createInbox' ? kind.value.initialIdentifierSignature?.signature : undefined;
  if (signature?.case !== 'erc191') throw new TypeError('the vector is no registration of an Ethereum account');
  signature.value.bytes = forged(signature.value.bytes);
  return update as IdentityUpdate;
}

const none = new Uint8Array(0);
const big = (count: number, of: object) => Array.from({ length: count }, () => of);

/** What is called, with what, the status, and what the sentence names. */
const CASES: readonly (readonly [
  string,
  (client: GrpcClient) => Promise<{ code: number; details: string }>,
  number,
  string | RegExp,
])[] = [
  [
    'SendGroupMessages without messages',
    (c) => c.refusal(mls.sendGroupMessages, {}),
    INVALID_ARGUMENT,
    'field=messages',
  ],
  ['without a version', (c) => c.refusal(mls.sendGroupMessages, { messages: [{}] }), INVALID_ARGUMENT, 'field=v1'],
  ['without data', (c) => c.refusal(mls.sendGroupMessages, group({})), INVALID_ARGUMENT, 'invalid group message'],
  [
    'with noise as data',
    (c) => c.refusal(mls.sendGroupMessages, group({ data: bytes('noise') })),
    INVALID_ARGUMENT,
    'invalid group message',
  ],
  [
    'with a welcome as data',
    (c) => c.refusal(mls.sendGroupMessages, group({ data: mlsMessage('g', 'x', { wireFormat: 3 }) })),
    INVALID_ARGUMENT,
    'invalid group message',
  ],
  [
    'without a group id',
    (c) => c.refusal(mls.sendGroupMessages, group({ data: mlsMessage('', 'x') })),
    INVALID_ARGUMENT,
    'field=group_id',
  ],
  [
    'the second of two bad',
    (c) => c.refusal(mls.sendGroupMessages, { messages: [...group({ data: mlsMessage('stored', 'x') }).messages, {}] }),
    INVALID_ARGUMENT,
    'index=1',
  ],
  [
    'oversized',
    (c) => c.refusal(mls.sendGroupMessages, group({ data: mlsMessage('stored', 'x'.repeat(20_000)) })),
    INVALID_ARGUMENT,
    /field=messages.*index=0/,
  ],
  [
    'with a group id that is too long for an index',
    (c) => c.refusal(mls.sendGroupMessages, group({ data: mlsMessage('g'.repeat(257), 'x') })),
    INVALID_ARGUMENT,
    'field=group_id',
  ],
  [
    'SendWelcomeMessages without messages',
    (c) => c.refusal(mls.sendWelcomeMessages, {}),
    INVALID_ARGUMENT,
    'field=messages',
  ],
  [
    'without an installation key',
    (c) => c.refusal(mls.sendWelcomeMessages, welcome({ installationKey: none })),
    INVALID_ARGUMENT,
    'field=installation_key',
  ],
  ['without data', (c) => c.refusal(mls.sendWelcomeMessages, welcome({ data: none })), INVALID_ARGUMENT, 'field=data'],
  [
    'without an HPKE key',
    (c) => c.refusal(mls.sendWelcomeMessages, welcome({ hpkePublicKey: none })),
    INVALID_ARGUMENT,
    'field=hpke_public_key',
  ],
  [
    'with an algorithm that is none',
    (c) => c.refusal(mls.sendWelcomeMessages, welcome({ wrapperAlgorithm: 77 })),
    INVALID_ARGUMENT,
    'algorithm=77',
  ],
  [
    'oversized',
    (c) => c.refusal(mls.sendWelcomeMessages, welcome({ data: new Uint8Array(20_000) })),
    INVALID_ARGUMENT,
    /field=messages.*index=0/,
  ],
  [
    'with a key that is too long for an index',
    (c) => c.refusal(mls.sendWelcomeMessages, welcome({ installationKey: new Uint8Array(257) })),
    INVALID_ARGUMENT,
    'field=installation_key',
  ],
  [
    'a pointer without its bytes',
    (c) => c.refusal(mls.sendWelcomeMessages, pointer({ welcomePointer: none })),
    INVALID_ARGUMENT,
    'field=welcome_pointer',
  ],
  [
    'a pointer for Curve25519',
    (c) => c.refusal(mls.sendWelcomeMessages, pointer({ wrapperAlgorithm: WelcomeWrapperAlgorithm.CURVE25519 })),
    INVALID_ARGUMENT,
    'algorithm=',
  ],
  [
    'UploadKeyPackage with a forged signature',
    (c) => c.refusal(mls.uploadKeyPackage, keyPackage(forged(keyPackageOf(seed(1))))),
    INVALID_ARGUMENT,
    'key-package-signature',
  ],
  [
    'with a lifetime that is over',
    (c) =>
      c.refusal(mls.uploadKeyPackage, keyPackage(keyPackageOf(seed(1), { lifetime: { notBefore: 1n, notAfter: 2n } }))),
    INVALID_ARGUMENT,
    'lifetime',
  ],
  ['UploadKeyPackage without one', (c) => c.refusal(mls.uploadKeyPackage, {}), INVALID_ARGUMENT, 'field=key_package'],
  [
    'with noise',
    (c) => c.refusal(mls.uploadKeyPackage, { keyPackage: { keyPackageTlsSerialized: bytes('x') } }),
    INVALID_ARGUMENT,
    'invalid identity',
  ],
  [
    'oversized',
    (c) => c.refusal(mls.uploadKeyPackage, { keyPackage: { keyPackageTlsSerialized: new Uint8Array(70_000) } }),
    INVALID_ARGUMENT,
    /field=key_package.*bytes=70000/,
  ],
  [
    'RegisterInstallation without one',
    (c) => c.refusal(mls.registerInstallation, {}),
    INVALID_ARGUMENT,
    'field=key_package',
  ],
  [
    'RegisterInstallation with a forged signature',
    (c) => c.refusal(mls.registerInstallation, keyPackage(forged(keyPackageOf(seed(1))))),
    INVALID_ARGUMENT,
    'key-package-signature',
  ],
  [
    'FetchKeyPackages of too many',
    (c) => c.refusal(mls.fetchKeyPackages, { installationKeys: Array(101).fill(bytes('i')) }),
    INVALID_ARGUMENT,
    /field=installation_keys.*max=100/,
  ],
  ['QueryGroupMessages without a group', (c) => c.refusal(mls.queryGroupMessages, {}), UNKNOWN, 'field=group_id'],
  [
    'QueryWelcomeMessages without a key',
    (c) => c.refusal(mls.queryWelcomeMessages, {}),
    UNKNOWN,
    'field=installation_key',
  ],
  [
    'GetNewestGroupMessage of none',
    (c) => c.refusal(mls.getNewestGroupMessage, {}),
    INVALID_ARGUMENT,
    'field=group_ids',
  ],
  [
    'of too many',
    (c) => c.refusal(mls.getNewestGroupMessage, { groupIds: Array(101).fill(bytes('g')) }),
    INVALID_ARGUMENT,
    /field=group_ids.*max=100/,
  ],
  [
    'SubscribeGroupMessages with an empty group id',
    (c) => c.stream(mls.subscribeGroupMessages, { filters: [{ groupId: bytes('g') }, {}] }).status,
    UNKNOWN,
    'field=group_id',
  ],
  [
    'of a group id that no message can have',
    (c) => c.stream(mls.subscribeGroupMessages, { filters: [{ groupId: new Uint8Array(257) }] }).status,
    INVALID_ARGUMENT,
    'field=group_id',
  ],
  [
    'of too many groups',
    (c) => c.stream(mls.subscribeGroupMessages, { filters: big(101, { groupId: bytes('g') }) }).status,
    INVALID_ARGUMENT,
    /field=filters.*max=100/,
  ],
  [
    'SubscribeWelcomeMessages without a filter',
    (c) => c.stream(mls.subscribeWelcomeMessages, {}).status,
    INVALID_ARGUMENT,
    'field=filters',
  ],
  [
    'with an empty key',
    (c) => c.stream(mls.subscribeWelcomeMessages, { filters: [{ installationKey: bytes('i') }, {}] }).status,
    INVALID_ARGUMENT,
    'field=installation_key',
  ],
  [
    'with a key that no message can have',
    (c) => c.stream(mls.subscribeWelcomeMessages, { filters: [{ installationKey: new Uint8Array(257) }] }).status,
    INVALID_ARGUMENT,
    'field=installation_key',
  ],
  [
    'BatchPublishCommitLog of none',
    (c) => c.refusal(mls.batchPublishCommitLog, {}),
    INVALID_ARGUMENT,
    'field=requests',
  ],
  [
    'of too many',
    (c) => c.refusal(mls.batchPublishCommitLog, { requests: big(11, commit({}).requests[0]!) }),
    INVALID_ARGUMENT,
    /field=requests.*max=10/,
  ],
  [
    'without a group',
    (c) => c.refusal(mls.batchPublishCommitLog, commit({ groupId: none })),
    INVALID_ARGUMENT,
    'field=group_id',
  ],
  [
    'with a group id that is too long for an index',
    (c) => c.refusal(mls.batchPublishCommitLog, commit({ groupId: new Uint8Array(257) })),
    INVALID_ARGUMENT,
    'field=group_id',
  ],
  [
    'with an oversized entry',
    (c) => c.refusal(mls.batchPublishCommitLog, commit({ serializedCommitLogEntry: new Uint8Array(9_000) })),
    INVALID_ARGUMENT,
    /field=requests.*index=0/,
  ],
  [
    'without an entry',
    (c) => c.refusal(mls.batchPublishCommitLog, commit({ serializedCommitLogEntry: none })),
    INVALID_ARGUMENT,
    'field=serialized_commit_log_entry',
  ],
  [
    'without a signature',
    (c) =>
      c.refusal(mls.batchPublishCommitLog, {
        requests: [{ groupId: bytes('g'), serializedCommitLogEntry: bytes('e') }],
      }),
    INVALID_ARGUMENT,
    'field=signature',
  ],
  ['BatchQueryCommitLog of none', (c) => c.refusal(mls.batchQueryCommitLog, {}), INVALID_ARGUMENT, 'field=requests'],
  [
    'of too many',
    (c) => c.refusal(mls.batchQueryCommitLog, { requests: big(21, { groupId: bytes('g') }) }),
    INVALID_ARGUMENT,
    /field=requests.*max=20/,
  ],
  [
    'for an empty group id',
    (c) => c.refusal(mls.batchQueryCommitLog, { requests: [{ groupId: bytes('g') }, {}] }),
    UNKNOWN,
    'field=group_id',
  ],
  [
    'descending',
    (c) =>
      c.refusal(mls.batchQueryCommitLog, {
        requests: [{ groupId: bytes('g'), pagingInfo: { direction: SortDirection.DESCENDING } }],
      }),
    UNKNOWN,
    'ascending',
  ],
  [
    'PublishIdentityUpdate without one',
    (c) => c.refusal(identity.publishIdentityUpdate, {}),
    INVALID_ARGUMENT,
    'field=identity_update',
  ],
  [
    'without an action',
    (c) =>
      c.refusal(identity.publishIdentityUpdate, {
        identityUpdate: create(IdentityUpdateSchema, { inboxId: 'ab'.repeat(32) }),
      }),
    INVALID_ARGUMENT,
    'no action',
  ],
  [
    'of somebody who did not sign',
    (c) => c.refusal(identity.publishIdentityUpdate, { identityUpdate: forgedRegistration() }),
    INVALID_ARGUMENT,
    'signature',
  ],
  [
    'GetIdentityUpdates of too many',
    (c) => c.refusal(identity.getIdentityUpdates, { requests: big(101, { inboxId: 'x' }) }),
    INVALID_ARGUMENT,
    /field=requests.*max=100/,
  ],
  [
    'GetInboxIds of too many',
    (c) => c.refusal(identity.getInboxIds, { requests: big(101, { identifier: 'x' }) }),
    INVALID_ARGUMENT,
    /field=requests.*max=100/,
  ],
  [
    'VerifySmartContractWalletSignatures of too many',
    (c) => c.refusal(identity.verifySmartContractWalletSignatures, { signatures: big(101, { accountId: 'x' }) }),
    INVALID_ARGUMENT,
    /field=signatures.*max=100/,
  ],
];

/** A node with the limits of this suite, and what its database holds. */
export interface BadInputHarness {
  open(limits: Partial<NodeLimits>): Promise<{
    readonly client: GrpcClient;
    /** How many rows the tables have that hold what clients send; only those that have any. */
    storedRows(): Promise<Readonly<Record<string, number>>>;
  }>;
}

/** What tables hold that are the node's own: of these the numbers of rows say nothing. */
export const OWN_TABLES: ReadonlySet<string> = new Set(['schema_migrations', 'settings', 'counters', 'limit_usage']);

/** The suite. */
export function describeBadInput(name: string, harness: BadInputHarness): void {
  describe(`bad input ${name}`, () => {
    it('gets the right status and a sentence that names the fault, and leaves nothing behind', async () => {
      const { client, storedRows } = await harness.open({
        ...{ messageBytes: 10_000, lookupsPerCall: 100, filtersPerStream: 100 },
      });
      for (const [name, call, code, text] of CASES) {
        const refusal = await call(client);
        expect([name, refusal.code, refusal.details]).toEqual([name, code, expect.stringMatching(text)]);
      }
      expect(await storedRows()).toEqual({});
      await client.call(mls.sendGroupMessages, group({ data: mlsMessage('stored', 'x') }));
      await client.call(mls.uploadKeyPackage, keyPackage(keyPackageOf(seed(1))));
      expect(await storedRows()).toMatchObject({ group_messages: 1, key_packages: 1 });
    });

    it('names every rpc of both services', () => {
      const named = CASES.map(([, call]) => call.toString()).join();
      // The first streams both ways (subscribe.test.ts), the second is not served.
      const lenient = ['subscribe', 'revokeInstallation'];
      for (const name of [...Object.keys(mls), ...Object.keys(identity)]) {
        if (!lenient.includes(name)) expect(named).toContain(`.${name}`);
      }
      expect(pathOf(mls.subscribe)).toBe('/xmtp.mls.api.v1.MlsApi/Subscribe');
    });
  });
}
