/**
 * A member with a modified client: it sends commits that no rule of ours would let out (`rogue-commits.mjs`). Runs under the Node that runs
 * Conclave, on the database of an installation that is closed.
 *
 *   node rogue-member.mjs kinds
 *   node rogue-member.mjs URL DATABASE KEY-HEX STRANGER < lines of { "kind": …, "groupId": … }
 *
 * The first lists the kinds. STRANGER is { "inboxId", "installationId", "groupId" } of somebody who is in none of the groups but in that one,
 * with us. What is sent is built on the state that the database has; nothing is written there. For each line one tells what became of it.
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { openDatabase } from '@conclave/sqlite/node';
import { ROOT } from './places.mjs';
import { rogueCommits } from './rogue-commits.mjs';

const built = (path) => import(pathToFileURL(join(ROOT, 'packages', path)).href);
const { createPolicy, decodeKeyPackage, getCipherSuite, MlsGroup, RULES, STANDARD_TYPES } =
  await built('mls/dist/index.js');
const { fromHex } = await built('crypto/dist/index.js');
const { nodeCrypto } = await built('crypto/dist/node/index.js');
const { create, FetchKeyPackagesRequestSchema, GroupMessageInputSchema, SendGroupMessagesRequestSchema } =
  await built('proto/dist/index.js');
const { loadOwnIdentity } = await built('client/dist/identity/own-identity.js');
const { mlsRowReader } = await built('client/dist/store/mls-rows.js');
const { GroupPayloads } = await built('client/dist/payloads/group-payloads.js');
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

const [url, path, key, stranger] = process.argv.slice(2);
if (url === 'kinds') {
  process.stdout.write(`${JSON.stringify(Object.keys(rogueCommits({})))}\n`);
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

const known = JSON.parse(stranger);
const { members } = new GroupPayloads(groupOf(known.groupId).context.extensions).membership;
const kinds = rogueCommits({
  inboxId,
  keyPackageOf,
  stranger: { ...known, sequenceId: members.get(known.inboxId) },
});
for await (const line of createInterface({ input: process.stdin })) {
  const { kind, groupId } = JSON.parse(line);
  let error;
  try {
    for (const message of await kinds[kind](groupOf(groupId, CONFIG[kind]))) await send(message);
  } catch (thrown) {
    error = String(thrown?.stack ?? thrown);
  }
  process.stdout.write(`${JSON.stringify({ kind, error })}\n`);
}
db.close();
network.close();
process.exit(0);
