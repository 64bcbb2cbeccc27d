/** What limits the figures that miss their goal: one sentence for each, shown on docs/performance.md as long as it is missed. */
const CPU = 'CPU of the client process';

const IDENTITIES =
  `every member's identity log has to be verified once: a recovery on secp256k1 (0.17 ms) and an Ed25519ph signature (0.12 ms), both in WebAssembly,
where node:crypto has neither, and with the leaf's signature (0.08 ms, native) that is 0.37 s for 1000 members, half of what the deployed
client takes in all. Of three published builds of libsecp256k1 for WebAssembly the quickest is used. Its native build (\`secp256k1\` 5.0) takes a third of the time, 0.1 s
less for 1000 members, but brings every installation a library of curves with known faults (elliptic). Checking many Ed25519ph signatures
in one equation with random weights would halve theirs, and is no option: each has to be judged alone and without the cofactor, as the deployed client does; in a
sum the errors of two signatures can cancel where they are of small order, so that one client would read a log that the other refuses. Decoding,
checking and storing the logs and the tree in JavaScript is another 0.2 s, and V8's own threads, which compile what has become hot and collect
garbage, take as long again in the first two thousand logs of a process. Threads make it quicker and not cheaper: CPU is counted of all. A second group with the
same people verifies nothing again.`.replace(/\n/g, ' ');
const CREATING =
  `a third of it are those identity logs (see joining), a quarter two signatures of each key package and two encapsulations for each member, one
of them with ML-KEM in WebAssembly; the rest is a commit and welcomes of megabytes that are kept in a database encrypted page by page until the node
has them, and V8's own threads, which compile and collect garbage: a quarter at 1000 members, in a smaller group more.`.replace(
    /\n/g,
    ' ',
  );
const PROCESSING =
  `in a group of two it takes both clients 8 ms: the commit's signatures and path, the key package of who comes, a call to the node for the log and the
verification of that, a transaction for the log and one for the commit. What grows with the group: the context with its map of all members is stored with the
changed nodes of the tree (79 kB, some fifty pages of 4 kB that are each encrypted and authenticated, 2 ms), hashed (0.7 ms), decoded and compared (0.5 ms, so that
comparing only what differs would not be seen). The rest is V8's own threads, which go on compiling and collecting what the step before left them.`.replace(
    /\n/g,
    ' ',
  );
const CONTEXT =
  `a message is signed over the group's context, in which the wire lists all members: 74 bytes of each are hashed for every message (SHA-512, once
to verify, twice to sign), about 0.09 ms more at 1000 members than at 2 and 0.27 ms at 3000; nothing else grows: the work of the database does not, as the counted test shows (\`client/test/scenario/cost.test.ts\`).`.replace(
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
    why: PROCESSING,
  },
  {
    name: 'create, CPU for each member, against 1000 members',
    why: 'the more members, the more the garbage collector has to go through; no step takes more than linear time.',
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
