/**
 * A member with a modified client: it sends commits that no rule of ours would let out (`rogue-commits.mjs`), and adds an installation whose
 * key packages none would (`rogue-packages.mjs`). Runs under the Node that runs Conclave, on the databases of installations that are closed.
 *
 *   node rogue-member.mjs kinds commits|packages
 *   node rogue-member.mjs URL DATABASE KEY-HEX OTHERS < lines of { "kind": …, "groupId": … }, { "publish": … } or { "invitation": true }
 *
 * The first lists the kinds. OTHERS is { "groupId", "stranger", "accomplice" }: two who are in none of the groups but in that one, with us,
 * each { "inboxId", "installationId" }; of the accomplice we have the database as well, { "dbPath", "key" }. What is sent is built on the state that
 * the database has; nothing is written there. `publish` gives the node a key package of the accomplice, `invitation` asks for its
 * newest welcome. For each line one tells what became of it.
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { openDatabase } from '@conclave/sqlite/node';
import { ROOT } from './places.mjs';
import { additions, rogueCommits } from './rogue-commits.mjs';
import { roguePackages } from './rogue-packages.mjs';

const built = (path) => import(pathToFileURL(join(ROOT, 'packages', path)).href);
const { createPolicy, decodeKeyPackage, getCipherSuite, MlsGroup, RULES, STANDARD_TYPES } =
  await built('mls/dist/index.js');
const { fromHex, toHex } = await built('crypto/dist/index.js');
const { nodeCrypto } = await built('crypto/dist/node/index.js');
const {
  create,
  FetchKeyPackagesRequestSchema,
  GroupMessageInputSchema,
  QueryWelcomeMessagesRequestSchema,
  SendGroupMessagesRequestSchema,
  UploadKeyPackageRequestSchema,
} = await built('proto/dist/index.js');
const { loadOwnIdentity } = await built('client/dist/identity/own-identity.js');
const { mlsRowReader } = await built('client/dist/store/mls-rows.js');
const { GroupPayloads } = await built('client/dist/app-data/group-payloads.js');
const { xmtpTypes } = await built('client/dist/app-data/components.js');
const { openGrpcNetwork } = await built('node-sdk/dist/transport/grpc-network.js');

/** What the group is opened with, for some kinds. */
const CONFIG = { padding: { paddingSize: 64 }, 'in the clear': { handshake: 'public' } };
/** No rule is enforced on what it makes itself. */
const LAWLESS = createPolicy(
  'lawless',
  Object.keys(RULES),
  STANDARD_TYPES.with({ proposals: [xmtpTypes(nodeCrypto).appDataUpdate] }),
);

const [url, path, key, others] = process.argv.slice(2);
if (url === 'kinds') {
  const kinds = path === 'commits' ? rogueCommits({}) : roguePackages({});
  process.stdout.write(`${JSON.stringify(Object.keys(kinds))}\n`);
  process.exit(0);
}

const suite = getCipherSuite(0x0003, nodeCrypto);
const network = openGrpcNetwork({ url });
const db = openDatabase({ path, key: fromHex(key) });
const { inboxId, signatureKey } = loadOwnIdentity(db, nodeCrypto);
const psk = () => new Uint8Array(32);
const groupOf = (groupId, config = {}) =>
  MlsGroup.load({
    suite,
    signatureKey,
    reader: mlsRowReader(db, groupId),
    config: { policy: LAWLESS, psk, ...config },
  });

async function keyPackageOf(installationKey) {
  const request = create(FetchKeyPackagesRequestSchema, { installationKeys: [installationKey] });
  const { keyPackages } = await network.fetchKeyPackages(request);
  return decodeKeyPackage(keyPackages[0].keyPackageTlsSerialized);
}

async function send(data) {
  const value = { data, senderHmac: new Uint8Array(32), shouldPush: false };
  const messages = [create(GroupMessageInputSchema, { version: { case: 'v1', value } })];
  await network.sendGroupMessages(create(SendGroupMessagesRequestSchema, { messages }));
}

async function publish(keyPackage) {
  const request = { keyPackage: { keyPackageTlsSerialized: keyPackage.raw }, isInboxIdCredential: true };
  await network.uploadKeyPackage(create(UploadKeyPackageRequestSchema, request));
}

/** The accomplice's newest welcome: its id, and to which key it was wrapped. */
async function invitation() {
  const request = { installationKey: fromHex(accomplice.installationId), pagingInfo: { direction: 2, limit: 1 } };
  const { messages } = await network.queryWelcomeMessages(create(QueryWelcomeMessagesRequestSchema, request));
  const { id, wrapperAlgorithm, hpkePublicKey } = messages[0].version.value;
  return { id: Number(id), wrapped: `${wrapperAlgorithm} ${toHex(hpkePublicKey)}` };
}

const { groupId: commonId, stranger, accomplice } = JSON.parse(others);
const { members } = new GroupPayloads(groupOf(commonId).context.extensions).membership;
const placed = (person) => ({ ...person, sequenceId: members.get(person.inboxId) });
const accomplices = openDatabase({ path: accomplice.dbPath, key: fromHex(accomplice.key) });
const packages = roguePackages(loadOwnIdentity(accomplices, nodeCrypto));
const kinds = {
  ...rogueCommits({ inboxId, keyPackageOf, stranger: placed(stranger) }),
  ...additions(packages, placed(accomplice)),
};
for await (const line of createInterface({ input: process.stdin })) {
  const { kind, groupId, publish: published, invitation: isAsked } = JSON.parse(line);
  let error;
  let answer;
  try {
    if (isAsked) answer = await invitation();
    else if (published !== undefined) await publish(packages[published]());
    else for (const message of await kinds[kind](groupOf(groupId, CONFIG[kind]))) await send(message);
  } catch (thrown) {
    error = String(thrown?.stack ?? thrown);
  }
  process.stdout.write(`${JSON.stringify({ error, answer })}\n`);
}
accomplices.close();
db.close();
network.close();
process.exit(0);
