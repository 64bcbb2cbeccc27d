/**
 * What is aimed at, beside the figures. A number is a ratio to the deployed client in the same run; a text is a bound in the row's unit,
 * where there is nothing to stand beside.
 */
const CPU = 'CPU of the client process';
const DISK = 'Memory and disk';

const GOALS = [
  [CPU, 'receive a message, catching up', { 2: 0.5, 250: 0.06, 1000: 0.017, 3000: '0.26' }],
  [CPU, 'send a message', { 2: 0.8, 250: 0.23, 1000: 0.066, 3000: '1.5' }],
  [CPU, 'create', { 250: 0.6, 1000: 0.6 }],
  ['Growth', 'create, CPU for each member, against 1000 members', { 3000: '1.1' }],
  [CPU, 'join from the welcome', { 1000: 0.48, 3000: '450' }],
  [CPU, 'process that commit', { 1000: 0.14, 3000: '8' }],
  [CPU, 'list members', { 1000: 0.042, 3000: '15' }],
  ['Calls', 'send a message', { 2: '1', 250: '1', 1000: '1', 3000: '1' }],
  ['Bytes up', 'create', { 1000: 1 }],
  // What is sent for it, the commit above all.
  ['Bytes up', 'rename with app data', { 2: '1000', 250: '1000', 1000: '1000', 3000: '1000' }],
  ['Bytes up', 'send after a pause', { 250: '1000', 1000: '1000', 3000: '1000' }],
  [CPU, 'catch up 5000 messages, each', 0.5],
  [CPU, 'publish 1000 prepared messages, each', 0.4],
  ['Calls', 'publish 1000 prepared messages, each', '0.02'],
  [CPU, 'list the 50 newest of 5000', 0.13],
  [DISK, 'stream, from the call of send to the callback, p50', 1],
  [DISK, 'memory for each further client', '1.5'],
  [DISK, 'database for each received message', 1],
  [DISK, 'database for each sent message', 1],
  [CPU, 'load 1000 identities, cold', '1200'],
  [CPU, 'load 1000 identities, from the database', '50'],
  ['A group of 3000 people, 10002 installations', 'memory of a member, most', '150'],
];

/** `{ goal }` of a row, or nothing. */
export function goalOf(section, name, at) {
  const found = GOALS.find(([s, n]) => s === section && n === name)?.[2];
  const goal = at === undefined || typeof found !== 'object' ? found : found[at];
  return goal === undefined ? {} : { goal };
}
