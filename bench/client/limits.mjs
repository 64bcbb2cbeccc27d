/** What limits the figures that miss their goal: one sentence for each, shown on docs/performance.md as long as it is missed. */
const CPU = 'CPU of the client process';

const IDENTITIES =
  `every member's identity log has to be verified once: a recovery on secp256k1 and an Ed25519ph signature, both in WebAssembly at two times
the cost of native code, and decoded, checked and stored in JavaScript. Threads take the signatures off the one that the application runs on,
which makes it quicker and not cheaper: CPU is counted of all. A second group with the same people verifies nothing again.`.replace(
    /\n/g,
    ' ',
  );
const CREATING =
  `a third of it are those identity logs (see joining); the rest is two signatures of each key package, two encapsulations for each member, one of them
with ML-KEM in WebAssembly, a commit and welcomes of megabytes that are kept in a database encrypted page by page until the node has them, and what
collecting garbage and compiling JavaScript take on threads of their own.`.replace(/\n/g, ' ');
const CONTEXT =
  `a message is signed over the group's context, in which the wire lists all members: 74 bytes of each are hashed for every message (SHA-512, once
to verify, twice to sign), about 0.09 ms more at 1000 members than at 2; nothing else grows: the work of the database does not, as the counted test shows (\`client/test/scenario/cost.test.ts\`).`.replace(
    /\n/g,
    ' ',
  );
const MESSAGE =
  `more than a third is the Ed25519 verification, which both clients do natively; messages that come together are stored in one transaction, with
one row each, so that what is left is encrypting the database's pages, and node:crypto's calls for keys and ciphertexts.`.replace(
    /\n/g,
    ' ',
  );
const SEND = `a message is durable before it is sent: three transactions of encrypted pages, and a gRPC client in JavaScript.`;

const LIMITS = [
  { name: 'create', section: CPU, why: CREATING },
  { name: 'join from the welcome', section: CPU, why: IDENTITIES },
  { name: 'load 1000 identities, cold', section: CPU, why: IDENTITIES },
  { name: 'receive a message, catching up', at: 2, why: MESSAGE },
  { name: 'catch up 5000 messages, each', why: MESSAGE },
  { name: 'receive a message, catching up', why: CONTEXT },
  { name: 'send a message', at: 2, why: SEND },
  { name: 'send a message', at: 250, why: SEND },
  { name: 'send a message', why: CONTEXT },
  { name: 'publish 1000 prepared messages, each', why: SEND },
  {
    name: 'process that commit',
    why: 'half is what any commit takes: its signature and path, a call to the node for the log of who comes, and two transactions; the rest grows with the group: the membership stands in the commit as a map of all members, which is hashed, decoded, compared and stored.',
  },
  {
    name: 'list members',
    why: 'each member is an object with lists of its own, made anew for the caller in the shape of the SDK; what they are made from is kept.',
  },
  {
    name: 'list the 50 newest of 5000',
    why: 'each content is decoded and whoever refers to it looked up: three queries a page on an encrypted database.',
  },
  {
    name: 'stream, from the call of send to the callback, p50',
    why: 'on one thread sender, receiver and both gRPC clients wait for each other; the deployed client has threads of its own.',
  },
  {
    name: 'create',
    section: 'Bytes up',
    why: 'the calls that look for identity updates name the position of each log that is known, and the members are asked for once more than by the deployed client where the figure is older than commit 9e2720f.',
  },
  {
    name: 'memory for each further client',
    why: 'compiled statements and the page cache of a database of its own.',
  },
];

/** The sentence for a row. */
export function limitOf({ section, name, at }) {
  return LIMITS.find(
    (limit) => limit.name === name && (limit.section ?? section) === section && (limit.at ?? at) === at,
  )?.why;
}
