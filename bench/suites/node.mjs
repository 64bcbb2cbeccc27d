/**
 * The node in a process of its own, loaded over HTTP/2 from this one: how soon it is ready, what it stores durably, reads and fans out
 * in a second. Rates stand beside the rate of the smallest call, which stores and reads nothing: what is left is the work.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import {
  create,
  GetNewestGroupMessageRequestSchema,
  GroupMessageInputSchema,
  MlsApi,
  PagingInfoSchema,
  QueryGroupMessagesRequestSchema,
  SendGroupMessagesRequestSchema,
  SortDirection,
  SubscribeGroupMessagesRequest_FilterSchema,
  SubscribeGroupMessagesRequestSchema,
  toBinary,
} from '@conclave/proto';
import { median, timeMs } from '../measure.mjs';
import { openCalls } from '../node/http2-calls.mjs';
import { startNodeProcess } from '../node-process.mjs';

/** Options of this suite. */
export const options = {};

const STARTS = 5;
const ROUNDS = 5;
const ROUND_MS = 500;
const WARM_UP_MS = 500;
const IN_FLIGHT = [1, 32, 128];
const SUBSCRIBERS = [100, 1000];
const STREAMS_PER_CONNECTION = 50;
const FAN_OUT_MS = 3000;
/** A text of 100 characters, as clients send it. */
const MESSAGE_BYTES = 300;
const PAGE = 100;

const pathOf = (method) => `/${method.parent.typeName}/${method.name}`;
const SEND = pathOf(MlsApi.method.sendGroupMessages);
const QUERY = pathOf(MlsApi.method.queryGroupMessages);
const NEWEST = pathOf(MlsApi.method.getNewestGroupMessage);
const SUBSCRIBE = pathOf(MlsApi.method.subscribeGroupMessages);

/** Runs the suite. */
export async function run(report) {
  const starts = [];
  for (let i = 0; i < STARTS; i++) {
    const node = await startNodeProcess();
    starts.push(node.readyMs);
    await node.stop();
  }
  report({
    section: 'Start',
    name: `from the start of the process to the line "ready", median of ${STARTS}`,
    value: median(starts),
    unit: 'ms',
  });
  const node = await startNodeProcess();
  try {
    const calls = openCalls(node.url);
    await measureRates(report, node, calls);
    calls.close();
    for (const count of SUBSCRIBERS) await measureFanOut(report, node, count);
  } finally {
    await node.stop();
  }
}

/** An MLSMessage of the shape that the node looks at: a PrivateMessage with application content (RFC 9420 section 6.3). */
function groupMessage(groupId) {
  const header = [0, 1, 0, 2, groupId.length, ...groupId, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0];
  const ciphertext = randomBytes(MESSAGE_BYTES - header.length - 31);
  const length = [0x40 | (ciphertext.length >> 8), ciphertext.length & 255];
  return Buffer.concat([Buffer.from([...header, 28]), randomBytes(28), Buffer.from(length), ciphertext]);
}

function sendRequest(groupId) {
  const value = { data: groupMessage(groupId), senderHmac: randomBytes(32), shouldPush: false };
  const message = create(GroupMessageInputSchema, { version: { case: 'v1', value } });
  return toBinary(SendGroupMessagesRequestSchema, create(SendGroupMessagesRequestSchema, { messages: [message] }));
}

/** Calls one after the other in `inFlight` lanes for a while. @returns how many were made in how many seconds */
async function load(inFlight, ms, call) {
  const start = performance.now();
  const lanes = Array.from({ length: inFlight }, async () => {
    let done = 0;
    while (performance.now() < start + ms) {
      await call();
      done++;
    }
    return done;
  });
  const done = (await Promise.all(lanes)).reduce((sum, each) => sum + each, 0);
  return { done, seconds: (performance.now() - start) / 1000 };
}

/** Several calls in turn, round by round. @returns name → calls a second, and CPU of the node in µs a call, as medians */
async function ratesInTurn(node, inFlight, calls) {
  const taken = Object.fromEntries(Object.keys(calls).map((name) => [name, { perSecond: [], cpuUs: [] }]));
  for (const call of Object.values(calls)) await load(inFlight, WARM_UP_MS, call);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, call] of Object.entries(calls)) {
      const cpuBefore = node.cpuMs();
      const { done, seconds } = await load(inFlight, ROUND_MS, call);
      taken[name].perSecond.push(done / seconds);
      if (cpuBefore !== undefined) taken[name].cpuUs.push(((node.cpuMs() - cpuBefore) * 1000) / done);
    }
  }
  return Object.entries(taken).map(([name, { perSecond, cpuUs }]) => ({
    name,
    perSecond: median(perSecond),
    cpuUs: cpuUs.length === 0 ? undefined : median(cpuUs),
  }));
}

async function measureRates(report, node, calls) {
  const groupId = randomBytes(16);
  const newest = toBinary(
    GetNewestGroupMessageRequestSchema,
    create(GetNewestGroupMessageRequestSchema, { groupIds: [randomBytes(16)], includeContent: false }),
  );
  const query = toBinary(
    QueryGroupMessagesRequestSchema,
    create(QueryGroupMessagesRequestSchema, {
      groupId,
      pagingInfo: create(PagingInfoSchema, { direction: SortDirection.ASCENDING, limit: PAGE, idCursor: 0n }),
    }),
  );
  report({
    section: 'Disk',
    name: 'appended and flushed (fdatasync) 4 kB, one at a time',
    value: flushes(node.folder),
    unit: '/s',
  });
  const smallest = 'smallest call';
  for (const inFlight of IN_FLIGHT) {
    const rates = await ratesInTurn(node, inFlight, {
      [smallest]: () => calls.call(NEWEST, newest),
      'durable publish of one message': () => calls.call(SEND, sendRequest(groupId)),
      [`query of a page of ${PAGE}`]: () => calls.call(QUERY, query),
    });
    const reference = rates[0].perSecond;
    for (const { name: what, perSecond, cpuUs } of rates) {
      const name = `${what}, ${inFlight} in flight`;
      const beside = what === smallest ? {} : { reference, against: smallest, better: 'more' };
      report({ section: 'Rates', name, value: perSecond, unit: '/s', ...beside });
      if (cpuUs !== undefined) report({ section: 'CPU of the node', name, value: cpuUs, unit: 'µs each' });
    }
  }
}

/** What the disk itself gives: no publish that waits for its flush can be faster, unless it shares one. */
function flushes(folder) {
  const file = openSync(join(folder, 'flushes'), 'a');
  const block = randomBytes(4096);
  const samples = Array.from({ length: 200 }, () =>
    timeMs(() => {
      writeSync(file, block);
      fdatasyncSync(file);
    }),
  );
  closeSync(file);
  return 1000 / median(samples);
}

async function measureFanOut(report, node, count) {
  const groupId = randomBytes(16);
  const filter = create(SubscribeGroupMessagesRequest_FilterSchema, { groupId, idCursor: 0n });
  const request = toBinary(
    SubscribeGroupMessagesRequestSchema,
    create(SubscribeGroupMessagesRequestSchema, { filters: [filter] }),
  );
  let delivered = 0;
  let wanted = Number.POSITIVE_INFINITY;
  let arrived = () => {};
  const onMessages = (messages) => {
    delivered += messages;
    if (delivered >= wanted) arrived();
  };
  const connections = Array.from({ length: count / STREAMS_PER_CONNECTION }, () => openCalls(node.url));
  for (const connection of connections) {
    const streams = Array.from({ length: STREAMS_PER_CONNECTION }, () =>
      connection.subscribe(SUBSCRIBE, request, onMessages),
    );
    await Promise.all(streams);
  }
  const sender = openCalls(node.url);
  const round = async () => {
    const all = new Promise((resolve) => {
      arrived = resolve;
    });
    wanted = delivered + count;
    const start = performance.now();
    await sender.call(SEND, sendRequest(groupId));
    await all;
    return performance.now() - start;
  };
  for (let i = 0; i < 3; i++) await round();
  const cpuBefore = node.cpuMs();
  const latencies = [];
  const start = performance.now();
  while (performance.now() < start + FAN_OUT_MS) latencies.push(await round());
  const seconds = (performance.now() - start) / 1000;
  const name = `to ${count} subscribers`;
  report({ section: 'Fan-out', name: `deliveries ${name}`, value: (latencies.length * count) / seconds, unit: '/s' });
  report({
    section: 'Fan-out',
    name: `from the publish to the last of ${count}`,
    value: median(latencies),
    unit: 'ms',
  });
  if (cpuBefore !== undefined) {
    const cpuUs = ((node.cpuMs() - cpuBefore) * 1000) / (latencies.length * count);
    report({ section: 'CPU of the node', name: `a delivery ${name}`, value: cpuUs, unit: 'µs each' });
  }
  sender.close();
  for (const connection of connections) connection.close();
}
