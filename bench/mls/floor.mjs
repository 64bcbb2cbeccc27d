/**
 * The least that each operation of MLS must do: its signatures, key exchanges, key derivations, hashes and AEADs, of the sizes that
 * the measured group has, and nothing else. No parsing, no checks, no state. What the engine takes beyond this is its own. One list for
 * every platform; what it is made of is an argument (`primitives.mjs`, `../mls-browser/primitives.mjs`).
 */
/** Keys that the floor works with, by turns: a cache of the CPU should not have an easier time than in the engine. */
const KEYS = 64;
/** What the label, the group id and so on add to what is signed or hashed. */
const FRAMING_BYTES = 100;
const KDF_LABEL_BYTES = 40;
/** Ciphertext of a path secret: encapsulation 32, secret 32, tag 16, lengths. */
const PATH_CIPHERTEXT_BYTES = 82;
/** Section 8: joiner (2), intermediate and epoch secret (2), nine secrets of the epoch, the confirmation tag. */
const SCHEDULE_HMACS = 14;
/** Section 12.4.3.1: intermediate and welcome secret, key and nonce of the GroupInfo. */
const WELCOME_HMACS = 4;
/** Section 7.4: path and node secret, and the two of DeriveKeyPair (RFC 9180 section 7.1.3). */
const PATH_NODE_HMACS = 4;
/** Section 6.3.1, bytes. */
const REUSE_GUARD_BYTES = 4;

/**
 * Floors of a group of `n` leaves.
 * @param primitives - the platform's
 * @param sizes - measured on the real group: bytes of its context, of a leaf, of a key package and of the tree
 */
export function floorOf(primitives, { n, contextBytes, leafBytes, keyPackageBytes, treeBytes }) {
  const { hmac, sha256, seal, open, hpkeSeal, hpkeOpen, nodeKey } = primitives;
  const { privateKey, publicBytes, publicKey, sign, verify, randomBytes } = primitives;
  const signer = privateKey(randomBytes(32));
  const ownKey = publicKey(publicBytes(signer));
  const signers = Array.from({ length: KEYS }, () => {
    const key = privateKey(randomBytes(32));
    const raw = publicBytes(key);
    const leaf = randomBytes(leafBytes);
    const keyPackage = randomBytes(keyPackageBytes);
    return { raw, leaf, leafSignature: sign(key, leaf), keyPackage, signature: sign(key, keyPackage) };
  });
  const recipients = Array.from({ length: KEYS }, () => nodeKey(randomBytes(32)));
  const secret = randomBytes(32);
  const nonce = randomBytes(12);
  const aad = randomBytes(30);
  const label = randomBytes(KDF_LABEL_BYTES);
  const levels = Math.ceil(Math.log2(Math.max(2, n)));

  const hmacs = (count) => {
    for (let i = 0; i < count; i++) hmac(secret, label);
  };
  const leafChecks = (count, each) => {
    for (let i = 0; i < count; i++) each(signers[i % KEYS]);
  };
  /** Section 7.8: the tree is full, so blank nodes are hashed as well. */
  const treeHash = () => {
    const leafInput = randomBytes(leafBytes + 8);
    for (let i = 0; i < n; i++) sha256(leafInput);
    for (let i = n; i < 2 ** levels; i++) sha256(nonce);
    parentHashes(2 ** levels - 1);
  };
  const parentInput = randomBytes(70);
  const parentHashes = (count) => {
    for (let i = 0; i < count; i++) sha256(parentInput);
  };
  /** Tree hashes above one changed leaf, and with a path the parent hashes. */
  const changeHashes = (hasPath) => {
    sha256(signers[0].leaf);
    parentHashes(hasPath ? 2 * levels : levels);
  };
  const signContent = (bytes) => sign(signer, new Uint8Array(bytes + contextBytes + FRAMING_BYTES));
  /** Sender data: two derivations and a small AEAD, and the three derivations of the ratchet beside them. */
  const sealContent = (bytes) => {
    hmacs(5);
    randomBytes(REUSE_GUARD_BYTES);
    seal(secret, nonce, aad, bytes);
    seal(secret, nonce, aad, nonce);
  };
  const sealedSenderData = seal(secret, nonce, aad, nonce);
  const openContent = (sealed) => {
    hmacs(5);
    open(secret, nonce, aad, sealedSenderData);
    open(secret, nonce, aad, sealed);
  };
  const signatureOf = new Map();
  /** A content of this many bytes, signed by a member whose key is known. */
  const verifyContent = (bytes) => {
    let signed = signatureOf.get(bytes);
    if (signed === undefined) {
      const content = randomBytes(bytes + contextBytes + FRAMING_BYTES);
      signed = { content, signature: sign(signer, content) };
      signatureOf.set(bytes, signed);
    }
    verify(ownKey, signed.content, signed.signature);
  };
  const path = (seals) => {
    for (let i = 0; i < levels; i++) {
      hmacs(PATH_NODE_HMACS);
      nodeKey(secret);
    }
    for (let i = 0; i < seals; i++) hpkeSeal(recipients[i % KEYS], secret);
  };
  const sealedPathSecret = hpkeSeal(nodeKey(secret), secret);
  const receivePath = () => {
    hpkeOpen(secret, sealedPathSecret);
    for (let i = 0; i < 2; i++) {
      hmacs(PATH_NODE_HMACS);
      nodeKey(secret);
    }
  };
  const createCommit = (bytes) => {
    hmacs(SCHEDULE_HMACS);
    const content = new Uint8Array(bytes);
    signContent(bytes);
    sha256(content);
    sealContent(content);
  };
  const commits = new Map();
  const processCommit = (bytes) => {
    let sealed = commits.get(bytes);
    if (sealed === undefined) {
      sealed = seal(secret, nonce, aad, randomBytes(bytes));
      commits.set(bytes, sealed);
    }
    // The way down the secret tree to the committer: nobody has sent a handshake message in this epoch yet (section 9).
    hmacs(levels + 1);
    openContent(sealed);
    verifyContent(bytes);
    sha256(sealed);
    hmacs(SCHEDULE_HMACS);
  };
  const checkKeyPackage = ({ raw, leaf, leafSignature, keyPackage, signature }) => {
    const key = publicKey(raw);
    verify(key, leaf, leafSignature);
    verify(key, keyPackage, signature);
  };
  const sealedTree = seal(secret, nonce, aad, randomBytes(treeBytes));
  const welcome = (joiners) => {
    hmacs(WELCOME_HMACS);
    const groupInfo = new Uint8Array(treeBytes + contextBytes);
    sign(signer, groupInfo);
    sha256(seal(secret, nonce, aad, groupInfo));
    for (let i = 0; i < joiners; i++) {
      sha256(signers[i % KEYS].keyPackage);
      hpkeSeal(recipients[i % KEYS], secret);
    }
  };
  const cold = (n - 1) * PATH_CIPHERTEXT_BYTES;
  const warm = levels * PATH_CIPHERTEXT_BYTES + levels * 34;

  return {
    encrypt: (bytes) => () => {
      signContent(bytes);
      sealContent(new Uint8Array(bytes + 70));
    },
    decrypt: (bytes) => {
      const sealed = seal(secret, nonce, aad, randomBytes(bytes + 70));
      return () => {
        openContent(sealed);
        verifyContent(bytes);
      };
    },
    /** n − 1 adds in one commit; the key packages are checked. */
    create: () => {
      leafChecks(n - 1, checkKeyPackage);
      treeHash();
      createCommit((n - 1) * keyPackageBytes);
      welcome(n - 1);
    },
    processCreate: () => {
      leafChecks(n - 1, checkKeyPackage);
      treeHash();
      processCommit((n - 1) * keyPackageBytes);
    },
    join: () => {
      hpkeOpen(secret, sealedPathSecret);
      sha256(sealedTree);
      open(secret, nonce, aad, sealedTree);
      leafChecks(n, ({ raw, leaf, leafSignature }) => verify(publicKey(raw), leaf, leafSignature));
      verifyContent(treeBytes);
      treeHash();
      hmacs(WELCOME_HMACS + SCHEDULE_HMACS - 2);
    },
    addOne: () => {
      leafChecks(1, checkKeyPackage);
      changeHashes(false);
      createCommit(keyPackageBytes);
      welcome(1);
    },
    processAddOne: () => {
      leafChecks(1, checkKeyPackage);
      changeHashes(false);
      processCommit(keyPackageBytes);
    },
    createPath: (isWarm) => () => {
      path(isWarm ? levels : n - 1);
      sign(signer, signers[0].leaf);
      changeHashes(true);
      createCommit(isWarm ? warm : cold);
    },
    processPath: (isWarm) => () => {
      const { raw, leaf, leafSignature } = signers[0];
      verify(publicKey(raw), leaf, leafSignature);
      receivePath();
      changeHashes(true);
      processCommit(isWarm ? warm : cold);
    },
    /** The message after `skipped` lost ones. */
    forward: (skipped) => {
      const sealed = seal(secret, nonce, aad, randomBytes(170));
      return () => {
        hmacs(skipped);
        openContent(sealed);
        verifyContent(100);
      };
    },
  };
}
