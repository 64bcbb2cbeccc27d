/** Inboxes: accounts, installations, signatures, and what can be asked without a client. */
import {
  AccountAlreadyAssociatedError,
  Client,
  type ClientOptions,
  createBackend,
  createEOASigner,
  generateInboxId,
  getInboxIdForIdentifier,
  InboxReassignError,
  type PrivateKeySigner,
} from '@conclave/node-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalNode } from './local-node.testkit.js';

let node: LocalNode;
const backend = () => createBackend({ env: 'local', apiUrl: node.url });
const addressOf = (signer: PrivateKeySigner): string => signer.getIdentifier().identifier;

beforeAll(async () => {
  node = await LocalNode.start();
});

afterAll(() => node.stop());

describe('without a client', () => {
  it('tells inbox ids, before and after somebody registered', async () => {
    const signer = createEOASigner();
    const identifier = signer.getIdentifier();
    expect(await getInboxIdForIdentifier(await backend(), identifier)).toBeNull();
    const { client } = await node.person({}, signer);
    expect(await getInboxIdForIdentifier(await backend(), identifier)).toBe(client.inboxId);
    expect(generateInboxId(identifier)).toBe(client.inboxId);
    expect(generateInboxId(identifier, 1n)).toBe(client.inboxId);
    expect(generateInboxId(identifier, 2n)).not.toBe(client.inboxId);
    expect(() => generateInboxId({ ...identifier, identifier: 'xyz' })).toThrow(
      expect.objectContaining({ code: 'client/invalid-address' }),
    );
  });

  it('tells who can be written to, in whatever case the address is', async () => {
    const { signer } = await node.person();
    const identifier = signer.getIdentifier();
    const loud = { ...identifier, identifier: `0x${identifier.identifier.slice(2).toUpperCase()}` };
    const nobody = createEOASigner().getIdentifier();
    expect(await Client.canMessage([loud, nobody], await backend())).toEqual(
      new Map([
        [identifier.identifier, true],
        [nobody.identifier, false],
      ]),
    );
    expect(await Client.canMessage([identifier], { env: 'local', apiUrl: node.url })).toEqual(
      new Map([[identifier.identifier, true]]),
    );
  });

  it('tells what an inbox consists of', async () => {
    const { signer, client } = await node.person();
    const [state] = await Client.fetchInboxStates([client.inboxId], await backend());
    expect(state).toMatchObject({
      inboxId: client.inboxId,
      identifiers: [signer.getIdentifier()],
      recoveryIdentifier: signer.getIdentifier(),
      installations: [{ id: client.installationId, bytes: client.installationIdBytes }],
    });
    const { inboxId } = client;
    const [asked, stranger] = [await backend(), addressOf(createEOASigner())];
    expect(await Client.isAddressAuthorized(inboxId, addressOf(signer), asked)).toBe(true);
    expect(await Client.isAddressAuthorized(inboxId, stranger, asked)).toBe(false);
    expect(await Client.isInstallationAuthorized(inboxId, client.installationIdBytes, asked)).toBe(true);
    expect(await Client.isInstallationAuthorized(inboxId, new Uint8Array(32), asked)).toBe(false);
    expect(await Client.fetchLatestInboxUpdatesCount([inboxId], asked)).toEqual(new Map([[inboxId, 1]]));
    await expect(Client.fetchInboxStates(['00'.repeat(32)], asked)).rejects.toMatchObject({
      code: 'client/unknown-inbox',
    });
  });

  it('revokes with the recovery account', async () => {
    const { signer, client } = await node.person();
    const second = node.keep(await Client.create(signer, node.options()));
    const revoke = (by: PrivateKeySigner) =>
      backend().then((chosen) => Client.revokeInstallations(by, client.inboxId, [second.installationIdBytes], chosen));
    await expect(revoke(createEOASigner())).rejects.toMatchObject({ code: 'client/unknown-signer' });
    await revoke(signer);
    const { installations } = await client.preferences.fetchInboxState();
    expect(installations.map(({ id }) => id)).toEqual([client.installationId]);
  });

  it('verifies what an installation signed', async () => {
    const { client } = await node.person();
    const signature = client.signWithInstallationKey('text');
    const verify = (text: string) => Client.verifySignedWithPublicKey(text, signature, client.installationIdBytes);
    expect([verify('text'), verify('another')]).toEqual([true, false]);
    expect(client.verifySignedWithInstallationKey('text', signature)).toBe(true);
    expect(client.verifySignedWithInstallationKey('text', new Uint8Array(3))).toBe(false);
  });
});

describe('an inbox', () => {
  it('takes in another account, and lets it go', async () => {
    const { signer, client } = await node.person();
    const other = createEOASigner();
    await expect(client.unsafe_addAccount(other)).rejects.toBeInstanceOf(InboxReassignError);
    await client.unsafe_addAccount(other, true);
    expect(await client.fetchOwnInboxUpdatesCount()).toBe(2);
    const { identifiers } = await client.preferences.inboxState();
    expect(identifiers).toEqual(expect.arrayContaining([signer.getIdentifier(), other.getIdentifier()]));
    expect(identifiers).toHaveLength(2);

    const stranger = await node.person();
    await expect(stranger.client.unsafe_addAccount(other)).rejects.toThrow(
      new AccountAlreadyAssociatedError(client.inboxId).message,
    );
    const same = node.keep(await Client.create(other, node.options()));
    expect(same.inboxId).toBe(client.inboxId);

    await client.removeAccount(other.getIdentifier());
    const after = await client.preferences.fetchInboxState();
    expect(after.identifiers).toEqual([signer.getIdentifier()]);
  });

  it('gives its recovery to another account, which signs from then on', async () => {
    const { client } = await node.person();
    const recovery = createEOASigner();
    await client.changeRecoveryIdentifier(recovery.getIdentifier());
    expect((await client.preferences.inboxState()).recoveryIdentifier).toEqual(recovery.getIdentifier());
    await expect(client.revokeInstallations([new Uint8Array(32)])).rejects.toMatchObject({
      code: 'client/unknown-signer',
    });
  });

  it('revokes all other installations, and none when there is none', async () => {
    const { signer, client } = await node.person();
    await client.revokeAllOtherInstallations();
    const others = [
      node.keep(await Client.create(signer, node.options())),
      node.keep(await Client.create(signer, node.options())),
    ];
    expect((await client.preferences.fetchInboxState()).installations).toHaveLength(3);
    await client.revokeAllOtherInstallations();
    const { installations } = await client.preferences.fetchInboxState();
    expect(installations.map(({ id }) => id)).toEqual([client.installationId]);
    await expect(others[0]?.conversations.createGroup([])).rejects.toMatchObject({
      code: expect.stringMatching(/^client\//),
    });
  });

  it('changes step by step, each text shown before it is signed', async () => {
    const signer = createEOASigner();
    const client = node.keep(await Client.create(signer, node.options({ disableAutoRegister: true })));
    expect(client.isRegistered).toBe(false);
    const request = await client.unsafe_createInboxSignatureRequest();
    if (request === null) throw new TypeError('there is something to sign');
    expect(await request.signatureText()).toContain(client.inboxId);
    await expect(client.unsafe_applySignatureRequest(request)).rejects.toMatchObject({
      code: 'client/signatures-missing',
    });
    await expect(client.unsafe_addSignature(request, createEOASigner())).rejects.toMatchObject({
      code: 'client/unknown-signer',
    });
    await request.addEcdsaSignature(signer.signMessage(await request.signatureText()));
    await client.unsafe_applySignatureRequest(request);
    expect(client.isRegistered).toBe(true);
    expect(await client.unsafe_createInboxSignatureRequest()).toBeNull();
    expect(await client.unsafe_revokeAllOtherInstallationsSignatureRequest()).toBeNull();
    await client.register();
  });
});

describe('installations', () => {
  it('can be added to conversations, or it is told why not', async () => {
    const { client } = await node.person();
    const unknown = '00'.repeat(32);
    const statuses = await client.fetchKeyPackageStatuses([client.installationId, unknown]);
    const { lifetime, validationError } = statuses[client.installationId] ?? {};
    expect(validationError).toBeUndefined();
    expect(Number((lifetime?.notAfter ?? 0n) - (lifetime?.notBefore ?? 0n))).toBeGreaterThan(80 * 86_400);
    expect(statuses[unknown]).toEqual({ validationError: expect.stringContaining('rule=missing') });
    expect(await client.rotateKeyPackage()).toBe(true);
    const renewed = (await client.fetchKeyPackageStatuses([client.installationId]))[client.installationId];
    expect(renewed?.validationError).toBeUndefined();
    await expect(client.fetchKeyPackageStatuses(['zz'])).rejects.toMatchObject({ code: 'codec/invalid-text' });
  });

  it('of one inbox are ten at most', async () => {
    const signer = createEOASigner();
    const notices: string[] = [];
    const options = node.options({ onNotice: (sentence) => notices.push(sentence) });
    const clients: Client[] = [];
    for (let count = 0; count < 10; count++) clients.push(node.keep(await Client.create(signer, options)));
    const told = notices.filter((sentence) => sentence.includes(' of 10 installations'));
    expect(told.map((sentence) => /has (\d+) of/.exec(sentence)?.[1])).toEqual(['7', '8', '9', '10']);
    await expect(Client.create(signer, options)).rejects.toMatchObject({ code: 'client/too-many-installations' });
    // Who says so takes the place of the oldest.
    const eleventh = node.keep(await Client.create(signer, { ...options, onInstallationLimit: 'revoke-oldest' }));
    const [state] = await eleventh.preferences.fetchInboxStates([eleventh.inboxId]);
    const now = state?.installations.map(({ id }) => id).sort();
    expect(now).toEqual([...clients.slice(1), eleventh].map(({ installationId }) => installationId).sort());
  });
});

describe('a client', () => {
  it('counts its calls', async () => {
    const { client } = await node.person();
    expect(client.debugInformation.apiStatistics()).toMatchObject({ uploadKeyPackage: 1n, sendGroupMessages: 0n });
    expect(client.debugInformation.apiIdentityStatistics()).toMatchObject({
      publishIdentityUpdate: 1n,
      getInboxIds: 1n,
    });
    expect(client.debugInformation.apiAggregateStatistics()).toContain('UploadKeyPackage        1\n');
    client.debugInformation.clearAllStatistics();
    expect(Object.values(client.debugInformation.apiStatistics())).toEqual(Array(8).fill(0n));
  });

  it('is nothing before it is opened', async () => {
    const client = new Client(node.options());
    const members = ['inboxId', 'installationId', 'isRegistered', 'env', 'conversations', 'preferences'] as const;
    for (const member of [...members, 'debugInformation', 'installationIdBytes'] as const) {
      expect(() => client[member]).toThrow('Client not initialized');
    }
    expect([client.signer, client.accountIdentifier, client.libxmtpVersion, client.appVersion]).toEqual(
      Array(4).fill(undefined),
    );
    await expect(client.close()).rejects.toThrow('Client not initialized');
    await expect(client.canMessage([])).rejects.toThrow('Client not initialized');
  });

  it('tells what it is once it is open', async () => {
    const signer = createEOASigner();
    const options: ClientOptions = node.options({ appVersion: 'garden/1' });
    const client = node.keep(await Client.create(signer, options));
    expect([client.env, client.appVersion, client.libxmtpVersion]).toEqual(['local', 'garden/1', '1.10.0']);
    expect([client.options, client.signer, client.accountIdentifier]).toEqual([
      options,
      signer,
      signer.getIdentifier(),
    ]);
    await client.init(createEOASigner().getIdentifier());
    expect(client.accountIdentifier).toEqual(signer.getIdentifier());
  });

  it('can be opened again after a failure', async () => {
    const signer = createEOASigner();
    const client = new Client({ ...node.options(), apiUrl: node.url });
    await expect(client.init({ ...signer.getIdentifier(), identifier: 'xyz' })).rejects.toMatchObject({
      code: 'client/invalid-address',
    });
    await client.init(signer.getIdentifier());
    node.keep(client);
    expect(client.inboxId).toBe(generateInboxId(signer.getIdentifier()));
  });
});
