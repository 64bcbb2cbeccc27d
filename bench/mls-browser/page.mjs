/**
 * What runs in the page: the engine on the browser's provider, beside the least that its operations ask of that provider. The page's
 * clock is coarse, so short work is repeated until it can be seen.
 */
import { createHpkeSealer, hpkeOpen, x25519Kem } from '@conclave/crypto';
// In the page this is the browser's provider: see the bundler's plugin in `suites/mls-browser.mjs`.
import { nodeCrypto as provider } from '@conclave/crypto/node';
import { Party } from '../mls/party.mjs';

const { random } = provider;
const AEAD = 'chacha20-poly1305';
/** Ciphertext of a path secret: encapsulation 32, secret 32, tag 16, lengths. */
const PATH_CIPHERTEXT_BYTES = 82;
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Milliseconds a run of each piece of work: medians of samples taken in turn. */
function compareMs(contestants, samples) {
  const entries = Object.entries(contestants).map(([name, work]) => ({ name, work, runs: 1, ms: [] }));
  const sample = ({ work, runs }) => {
    const start = performance.now();
    for (let i = 0; i < runs; i++) work();
    return performance.now() - start;
  };
  for (const entry of entries) {
    // Twice, for WebAssembly is compiled a second time for speed.
    sample(entry);
    while (entry.runs < 256 && sample(entry) < 2) entry.runs *= 2;
  }
  for (let round = 0; round < samples; round++) for (const entry of entries) entry.ms.push(sample(entry) / entry.runs);
  return Object.fromEntries(entries.map(({ name, ms }) => [name, median(ms)]));
}

/** The least of each operation. */
function floorOf(n, { leafBytes, keyPackageBytes }) {
  const signer = provider.signaturePrivateKey(random(32));
  const [leaf, keyPackage, message] = [random(leafBytes), random(keyPackageBytes), random(400)];
  const signatures = [leaf, keyPackage, message].map((bytes) => signer.sign(bytes));
  const kept = provider.signaturePublicKey(signer.publicKey);
  const hpke = { provider, kem: x25519Kem(provider), aead: AEAD };
  const [secret, nonce, label, none] = [random(32), random(12), random(40), new Uint8Array(0)];
  const recipient = provider.dhPrivateKey(secret);
  const sealer = createHpkeSealer(hpke, label);
  const sealed = sealer.seal(recipient.publicKey, none, secret, random);
  const cipher = provider.aeadSeal(AEAD, secret, nonce, none, message);
  const times = (count, work) => {
    for (let i = 0; i < count; i++) work();
  };
  const hmacs = (count) => times(count, () => provider.hmac('sha256', secret, label));
  const hashes = (count) => times(count, () => provider.hash('sha256', leaf));
  const levels = Math.ceil(Math.log2(n));
  const verifyRaw = (bytes, signature) => provider.signaturePublicKey(signer.publicKey).verify(bytes, signature);
  const checkPackage = () => {
    verifyRaw(leaf, signatures[0]);
    verifyRaw(keyPackage, signatures[1]);
  };
  const seal = () => sealer.seal(recipient.publicKey, none, secret, random);
  const content = () => {
    hmacs(5);
    provider.aeadOpen(AEAD, secret, nonce, none, cipher);
    provider.aeadOpen(AEAD, secret, nonce, none, cipher);
  };
  /** A commit of this many bytes, all of them decrypted, verified and hashed; the way down the secret tree to its author. */
  const processing = (bytes) => {
    const commit = new Uint8Array(bytes).fill(7);
    const signature = signer.sign(commit);
    const sealedCommit = provider.aeadSeal(AEAD, secret, nonce, none, commit);
    return () => {
      hmacs(levels + 1);
      hmacs(5);
      provider.aeadOpen(AEAD, secret, nonce, none, cipher);
      provider.aeadOpen(AEAD, secret, nonce, none, sealedCommit);
      kept.verify(commit, signature);
      provider.hash('sha256', commit);
      hmacs(14);
      hashes(2 * levels);
    };
  };
  const processAdd = processing(keyPackageBytes);
  const processPath = processing((n - 1) * PATH_CIPHERTEXT_BYTES);
  return {
    encrypt: () => {
      signer.sign(message);
      content();
    },
    decrypt: () => {
      kept.verify(message, signatures[2]);
      content();
    },
    join: () => {
      times(n, () => verifyRaw(leaf, signatures[0]));
      hashes(2 * n);
      processAdd();
    },
    create: () => {
      times(n - 1, checkPackage);
      times(n - 1, seal);
      hashes(3 * n);
    },
    processAdd: () => {
      checkPackage();
      processAdd();
    },
    createPath: () => {
      times(n - 1, seal);
      signer.sign(leaf);
      hmacs(20);
      times(levels, () => provider.dhPrivateKey(secret).publicKey);
      hmacs(4 * levels);
    },
    processPath: () => {
      verifyRaw(leaf, signatures[0]);
      hpkeOpen(hpke, sealed.enc, provider.dhPrivateKey(secret), label, none, sealed.ciphertext);
      times(2, () => provider.dhPrivateKey(secret).publicKey);
      hmacs(8);
      processPath();
    },
  };
}

/** Rows of one size. */
function measureGroup(n, samples) {
  const alice = new Party().createGroup();
  const others = Array.from({ length: n - 1 }, () => new Party());
  const created = alice.add(others);
  alice.group.merge(created.staged);
  const reader = others[Math.max(0, (n >> 2) - 1)].join(created.welcome);
  const floor = floorOf(n, {
    leafBytes: alice.group.leaf(1).raw.length,
    keyPackageBytes: others[0].keyPackage().raw.length,
  });
  const rows = [];
  const beside = (name, ours, theirs, goal, taken) => {
    const ms = compareMs({ ours, theirs }, taken);
    rows.push({ name, value: ms.ours, unit: 'ms', reference: ms.theirs, against: 'floor', goal });
  };
  const data = random(100);
  const short = 25;
  // Spent as they are read, and their making is not what is measured.
  const waiting = Array.from({ length: 4000 }, () => alice.encrypt(data));
  let next = 0;
  beside('decrypt 100 B', () => reader.group.process(waiting[next++]), floor.decrypt, 1.2, 9);
  beside('encrypt 100 B', () => alice.encrypt(data), floor.encrypt, 1.2, short);
  beside('join from a Welcome', () => reader.joined(created.welcome), floor.join, 1.25, samples);
  const founder = new Party().createGroup();
  beside(`create with ${n - 1} adds in one commit`, () => founder.add(others), floor.create, 1.3, samples);
  const newcomer = new Party();
  newcomer.keyPackage();
  const added = alice.add([newcomer]).message;
  beside('add one: process', () => reader.group.process(added), floor.processAdd, 2, short);
  beside('update, cold tree: create', () => alice.commit(), floor.createPath, 1.3, samples);
  const updated = alice.commit().message;
  beside('update, cold tree: process', () => reader.group.process(updated), floor.processPath, 2, short);
  return rows;
}

Object.assign(globalThis, { conclave: { providerName: () => provider.name, measureGroup } });
