import { readFileSync } from 'node:fs';
import { fromHex, toHex } from '@conclave/crypto';
import {
  addAssociationUpdate,
  ethereumIdentifier,
  identityUpdateToProto,
  mapSignatures,
  registrationUpdate,
  revokeUpdate,
} from '@conclave/identity';
import {
  create,
  decodeProto,
  IdentifierKind,
  IdentityApi,
  type IdentityUpdate,
  IdentityUpdateSchema,
  PublishIdentityUpdateRequestSchema,
} from '@conclave/proto';
import { describe, expect, it } from 'vitest';
import type { GrpcClient } from '../../grpc-client.testkit.js';
import { GrpcStatus } from '../../grpc-status.js';
import { startTestNode, TEST_TIME_NS } from '../../node.testkit.js';
import { installationOf, passkeyOwner, signAll } from '../material.testkit.js';

const { publishIdentityUpdate, getIdentityUpdates, getInboxIds, verifySmartContractWalletSignatures } =
  IdentityApi.method;

interface Vector {
  readonly inboxId: string;
  readonly publishIdentityUpdateRequest: string;
}

/** An update of the real client, from the golden vectors. */
function golden(name: string): IdentityUpdate {
  const file = new URL(`../../../../../vectors/identity/${name}.json`, import.meta.url);
  const { publishIdentityUpdateRequest } = JSON.parse(readFileSync(file, 'utf8')) as Vector;
  return decodeProto(PublishIdentityUpdateRequestSchema, fromHex(publishIdentityUpdateRequest)).identityUpdate!;
}

const registration = golden('gv02-registration');
const link = golden('gv03-link-account');
const { inboxId } = registration;
const OWNER = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
const LINKED = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8';

/** A registration whose owner is a contract wallet. */
function contractWalletRegistration(): IdentityUpdate {
  const update = registrationUpdate({
    owner: ethereumIdentifier('0x00000000000000000000000000000000000000a1'),
    installation: { kind: 'installation', publicKey: installationOf(1).publicKey },
    clientTimestampNs: TEST_TIME_NS,
  });
  const accountId = 'eip155:8453:0x00000000000000000000000000000000000000a1';
  const signature = { kind: 'erc-1271' as const, accountId, blockNumber: 12_345n, bytes: Uint8Array.of(1, 2, 3, 4) };
  return identityUpdateToProto(mapSignatures(update, () => signature));
}

const publish = (client: GrpcClient, identityUpdate: IdentityUpdate) =>
  client.call(publishIdentityUpdate, { identityUpdate });

async function sequenceIds(client: GrpcClient, inbox: string, after = 0n): Promise<bigint[]> {
  const { responses } = await client.call(getIdentityUpdates, { requests: [{ inboxId: inbox, sequenceId: after }] });
  return responses[0]!.updates.map(({ sequenceId }) => sequenceId);
}

/** A new inbox of a passkey, registered. */
async function registered(client: GrpcClient, number: number) {
  const owner = passkeyOwner(number);
  const installation = installationOf(number);
  const update = registrationUpdate({
    owner: owner.identifier,
    installation: { kind: 'installation', publicKey: installation.publicKey },
    clientTimestampNs: TEST_TIME_NS,
  });
  await publish(client, signAll(update, [owner, installation]));
  return { owner, installation, inboxId: update.inboxId };
}

describe('PublishIdentityUpdate', () => {
  it('takes the updates of a real client and serves them as they were signed', async () => {
    const { client } = await startTestNode();
    const updates = [registration, link, golden('gv04-change-recovery'), golden('gv05-revoke-installation')];
    for (const update of updates) await publish(client, update);
    const { responses } = await client.call(getIdentityUpdates, { requests: [{ inboxId }] });
    expect(responses[0]?.inboxId).toBe(inboxId);
    expect(responses[0]?.updates.map(({ update }) => update)).toEqual(updates);
    expect(responses[0]?.updates.map(({ sequenceId }) => sequenceId)).toEqual([1n, 2n, 3n, 4n]);
    const times = responses[0]!.updates.map(({ serverTimestampNs }) => serverTimestampNs);
    expect(times[0]).toBe(TEST_TIME_NS);
    expect(times).toEqual([...times].sort((x, y) => Number(x - y)));
  });

  const [signature] = link.actions;
  const forged = create(IdentityUpdateSchema, { ...link, clientTimestampNs: link.clientTimestampNs + 1_000_000_000n });
  it.each([
    ['nothing', undefined, 'identity_update'],
    ['no action', create(IdentityUpdateSchema, { inboxId }), 'invalid identity update'],
    ['an unknown action', create(IdentityUpdateSchema, { inboxId, actions: [{}] }), 'invalid identity update'],
    ['an inbox id that is none', create(IdentityUpdateSchema, { ...link, inboxId: 'AB'.repeat(32) }), 'inbox id'],
    ['signatures over another text', forged, 'signature'],
    ['a second creation', registration, 'created already'],
    [
      'another inbox than the text names',
      create(IdentityUpdateSchema, { ...link, inboxId: '00'.repeat(32) }),
      'invalid identity update',
    ],
    [
      'a creation of somebody else’s inbox',
      create(IdentityUpdateSchema, { ...registration, inboxId: '00'.repeat(32) }),
      'invalid',
    ],
    [
      'more actions than an update may have',
      create(IdentityUpdateSchema, { ...link, actions: Array(257).fill(signature) }),
      'more elements',
    ],
    ['a contract wallet, without a chain to ask', contractWalletRegistration(), 'no endpoint of its chain'],
  ])('refuses %s and stores nothing', async (_name, identityUpdate, text) => {
    const { client } = await startTestNode();
    await publish(client, registration);
    const refusal = await client.refusal(publishIdentityUpdate, identityUpdate ? { identityUpdate } : {});
    expect(refusal.code).toBe(GrpcStatus.INVALID_ARGUMENT);
    expect(refusal.details).toContain(text);
    expect(await sequenceIds(client, inboxId)).toEqual([1n]);
    expect(await sequenceIds(client, identityUpdate?.inboxId ?? inboxId)).toHaveLength(
      identityUpdate?.inboxId === inboxId || identityUpdate === undefined ? 1 : 0,
    );
  });

  it('refuses an update that was published before, and one of an inbox that does not exist', async () => {
    const { client } = await startTestNode();
    expect((await client.refusal(publishIdentityUpdate, { identityUpdate: link })).details).toContain('creation');
    await publish(client, registration);
    await publish(client, link);
    const again = await client.refusal(publishIdentityUpdate, { identityUpdate: link });
    expect(again.code).toBe(GrpcStatus.INVALID_ARGUMENT);
    expect(again.details).toContain('used by an earlier update');
    expect(await sequenceIds(client, inboxId)).toEqual([1n, 2n]);
  });

  it('validates against the stored state after a restart', async () => {
    const first = await startTestNode();
    await publish(first.client, registration);
    await first.node.stop();
    const { client } = await startTestNode({ dataDir: first.dataDir });
    expect((await client.refusal(publishIdentityUpdate, { identityUpdate: registration })).details).toContain(
      'created already',
    );
    await publish(client, link);
    expect(await sequenceIds(client, inboxId, 1n)).toEqual([2n]);
  });

  it('lets one of many conflicting updates of an inbox through at a time', async () => {
    const { client } = await startTestNode();
    const { owner, inboxId: inbox } = await registered(client, 1);
    const adding = (number: number) => {
      const installation = installationOf(number);
      const newMember = { kind: 'installation' as const, publicKey: installation.publicKey };
      const update = addAssociationUpdate({
        ...{ inboxId: inbox, newMember, existingMember: owner.identifier },
        clientTimestampNs: TEST_TIME_NS + BigInt(number) * 1_000_000_000n,
      });
      return signAll(update, [owner, installation]);
    };
    const updates = [2, 3, 4, 5].map(adding);
    const twice = await Promise.allSettled([...updates, ...updates].map((update) => publish(client, update)));
    expect(twice.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
    expect(await sequenceIds(client, inbox)).toEqual([1n, 2n, 3n, 4n, 5n]);
  });

  it('refuses the update that a full log has no room for, with UNKNOWN', async () => {
    const { client } = await startTestNode({ limits: { identityUpdatesPerInbox: 1 } });
    await publish(client, registration);
    const refusal = await client.refusal(publishIdentityUpdate, { identityUpdate: link });
    expect(refusal.code).toBe(GrpcStatus.UNKNOWN);
    expect(refusal.details).toContain('inbox log is full');
  });
});

describe('GetIdentityUpdates', () => {
  it('answers by position, strictly above the sequence id, empty for what it does not know', async () => {
    const { client } = await startTestNode();
    await publish(client, registration);
    await publish(client, link);
    const requests = [{ inboxId: 'nobody' }, { inboxId, sequenceId: 1n }, { inboxId, sequenceId: 2n ** 64n - 1n }];
    const { responses } = await client.call(getIdentityUpdates, { requests });
    expect(responses.map((one) => [one.inboxId, one.updates.map(({ sequenceId }) => Number(sequenceId))])).toEqual([
      ['nobody', []],
      [inboxId, [2]],
      [inboxId, []],
    ]);
    expect((await client.call(getIdentityUpdates, {})).responses).toEqual([]);
  });
});

describe('GetInboxIds', () => {
  it('finds addresses by exact text, with and without a kind, and passkeys', async () => {
    const { client } = await startTestNode();
    await publish(client, registration);
    const { owner, inboxId: passkeyInbox } = await registered(client, 1);
    const passkey = toHex(owner.identifier.publicKey);
    const { responses } = await client.call(getInboxIds, {
      requests: [
        { identifier: OWNER },
        { identifier: LINKED, identifierKind: IdentifierKind.ETHEREUM },
        { identifier: OWNER.toUpperCase() },
        { identifier: passkey, identifierKind: IdentifierKind.PASSKEY },
        { identifier: passkey, identifierKind: IdentifierKind.ETHEREUM },
        { identifier: OWNER, identifierKind: IdentifierKind.ETHEREUM },
      ],
    });
    expect(responses.map((one) => one.inboxId)).toEqual([
      ...[inboxId, undefined, undefined, passkeyInbox, undefined, inboxId],
    ]);
    expect(responses.map((one) => one.identifierKind)).toEqual([0, 1, 0, 2, 1, 1]);
    expect(responses[0]?.identifier).toBe(OWNER);
  });

  it('follows links and revocations', async () => {
    const { client } = await startTestNode();
    const { owner, installation, inboxId: inbox } = await registered(client, 1);
    const second = passkeyOwner(2);
    const find = async () => {
      const identifier = toHex(second.identifier.publicKey);
      const request = { identifier, identifierKind: IdentifierKind.PASSKEY };
      return (await client.call(getInboxIds, { requests: [request] })).responses[0]?.inboxId;
    };
    const add = addAssociationUpdate({
      ...{ inboxId: inbox, newMember: second.identifier, existingMember: installation.identifier },
      clientTimestampNs: TEST_TIME_NS,
    });
    await publish(client, signAll(add, [installation, second]));
    expect(await find()).toBe(inbox);
    const revoke = revokeUpdate({
      ...{ inboxId: inbox, members: [second.identifier], recoveryIdentifier: owner.identifier },
      clientTimestampNs: TEST_TIME_NS,
    });
    await publish(client, signAll(revoke, [owner]));
    expect(await find()).toBeUndefined();
  });
});

describe('VerifySmartContractWalletSignatures', () => {
  it('answers each signature with why it cannot be checked', async () => {
    const { client } = await startTestNode();
    const signature = (accountId: string) => ({ accountId, signature: Uint8Array.of(1), hash: new Uint8Array(32) });
    const { responses } = await client.call(verifySmartContractWalletSignatures, {
      signatures: [signature('eip155:1:0x00'), signature('nonsense')],
    });
    expect(responses.map(({ isValid }) => isValid)).toEqual([false, false]);
    for (const { error } of responses) expect(error).toContain('This node cannot verify');
    expect((await client.call(verifySmartContractWalletSignatures, {})).responses).toEqual([]);
  });
});
