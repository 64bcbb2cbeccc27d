/**
 * ts-mls 1.6.4 beside the engine, in turn, with its own crypto provider and in the suite that this provider has by itself
 * (0x0001: the same curves and hash, AES-GCM in place of ChaCha20-Poly1305); the engine in suite 0x0003. Both do what the
 * call does for its user, parsing included.
 */
import { randomBytes } from 'node:crypto';
import {
  createApplicationMessage,
  createCommit,
  createGroup,
  decodeMlsMessage,
  emptyPskIndex,
  encodeMlsMessage,
  generateKeyPackage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  processPrivateMessage,
} from 'ts-mls';
import { compareAsyncUs } from '../measure.mjs';
import { Party } from './party.mjs';

const NAME = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519';
const AGAINST = 'ts-mls 1.6.4';
const LIFETIME = { notBefore: 0n, notAfter: 9_223_372_036_854_775_807n };

const decode = (bytes) => decodeMlsMessage(bytes, 0)[0];

/** A group of `n`, of ts-mls and of ours, each with its founder, one other member and what brought that one in. */
async function makeTheirs(n, suite) {
  const identity = () => ({ credentialType: 'basic', identity: new Uint8Array(randomBytes(64)) });
  const capabilities = {
    versions: ['mls10'],
    ciphersuites: [NAME],
    extensions: [],
    proposals: [],
    credentials: ['basic'],
  };
  const member = () => generateKeyPackage(identity(), capabilities, LIFETIME, [], suite);
  const founder = await member();
  const others = [];
  for (let i = 1; i < n; i++) others.push(await member());
  const created = await createGroup(
    new Uint8Array(randomBytes(16)),
    founder.publicPackage,
    founder.privatePackage,
    [],
    suite,
  );
  const add = ({ publicPackage: keyPackage }) => ({ proposalType: 'add', add: { keyPackage } });
  const commit = (state, extraProposals) =>
    createCommit(
      { state, cipherSuite: suite },
      { extraProposals, ratchetTreeExtension: true, wireAsPublicMessage: false },
    );
  const join = ({ publicPackage, privatePackage }, welcome) =>
    joinGroup(welcome, publicPackage, privatePackage, emptyPskIndex, suite);
  const read = async (state, bytes) => processPrivateMessage(state, decode(bytes).privateMessage, emptyPskIndex, suite);
  const encrypt = async (state, data) => {
    const { newState, privateMessage } = await createApplicationMessage(state, data, suite);
    const bytes = encodeMlsMessage({ version: 'mls10', wireformat: 'mls_private_message', privateMessage });
    return { newState, bytes };
  };
  return { created, others, member, add, commit, join, read, encrypt };
}

/** Rows of one size. */
export async function measureTsMls(report, n) {
  const suite = await getCiphersuiteImpl(getCiphersuiteFromName(NAME));
  const theirs = await makeTheirs(n, suite);
  const ours = { founder: new Party(), others: Array.from({ length: n - 1 }, () => new Party()) };
  for (const party of ours.others) party.keyPackage();
  const samples = n <= 100 ? 9 : 3;
  const section = `Group of ${n} beside ${AGAINST}`;
  const beside = async (name, contestants, taken = samples) => {
    const us = await compareAsyncUs(contestants, { samples: taken });
    report({ section, name, value: us.ours / 1000, unit: 'ms', reference: us.theirs / 1000, against: AGAINST });
  };

  await beside('create with all members', {
    ours: () => new Party().createGroup().add(ours.others),
    theirs: () => theirs.commit(theirs.created, theirs.others.map(theirs.add)),
  });
  const founded = await theirs.commit(theirs.created, theirs.others.map(theirs.add));
  const welcome = founded.welcome;
  const last = theirs.others.at(-1);
  const { founder } = ours;
  const first = founder.createGroup().add(ours.others);
  founder.group.merge(first.staged);
  const ourLast = ours.others.at(-1).join(first.welcome);
  await beside('join from a Welcome', {
    ours: () => ourLast.joined(first.welcome),
    theirs: () => theirs.join(last, welcome),
  });

  let theirState = founded.newState;
  let theirReader = await theirs.join(last, welcome);
  const data = new Uint8Array(randomBytes(100));
  await beside(
    'encrypt and read a message of 100 B',
    {
      ours: () => ourLast.group.process(founder.encrypt(data)),
      theirs: async () => {
        const { newState, bytes } = await theirs.encrypt(theirState, data);
        theirState = newState;
        theirReader = (await theirs.read(theirReader, bytes)).newState;
      },
    },
    41,
  );

  const newcomer = await theirs.member();
  const ourNewcomer = new Party();
  ourNewcomer.keyPackage();
  await beside('add one: create', {
    ours: () => founder.add([ourNewcomer]),
    theirs: () => theirs.commit(theirState, [theirs.add(newcomer)]),
  });
  const added = encodeMlsMessage((await theirs.commit(theirState, [theirs.add(newcomer)])).commit);
  const ourAdded = founder.add([ourNewcomer]).message;
  await beside('add one: process', {
    ours: () => ourLast.group.process(ourAdded),
    theirs: () => theirs.read(theirReader, added),
  });
  await beside('update, cold tree: create', {
    ours: () => founder.commit(),
    theirs: () => theirs.commit(theirState, []),
  });
  const updated = encodeMlsMessage((await theirs.commit(theirState, [])).commit);
  const ourUpdate = founder.commit().message;
  await beside('update, cold tree: process', {
    ours: () => ourLast.group.process(ourUpdate),
    theirs: () => theirs.read(theirReader, updated),
  });
}
