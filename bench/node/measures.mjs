/** What is measured of a running node: rates, latencies, fan-out, catch-up, idle subscriptions. Each returns plain numbers. */
import { randomBytes } from 'node:crypto';
import { median, percentile } from '../statistics.mjs';
import { openCalls } from './http2-calls.mjs';
import {
  load,
  NEWEST,
  NumberedPublishes,
  newestPageRequest,
  QUERY,
  queryRequest,
  SEND,
  SUBSCRIBE,
  sendRequest,
  smallestRequest,
  subscribeRequest,
} from './workload.mjs';

const ROUNDS = 5;
const ROUND_MS = 600;
const WARM_UP_MS = 1000;
const STREAMS_PER_CONNECTION = 100;

/** Connections to all nodes; calls go to them in turn by lane. */
function openAll(urls) {
  const connections = urls.flatMap((url) => [openCalls(url), openCalls(url)]);
  return {
    call: (lane, path, request, mark) => connections[lane % connections.length].call(path, request, mark),
    collect: (path, request, count) => connections[0].collect(path, request, count),
    close: () => {
      for (const connection of connections) connection.close();
    },
  };
}

/** Several calls in turn, round by round; then what was published is read back. @returns name → calls a second, and CPU of the nodes in µs a call, as medians */
export async function ratesInTurn(nodes, inFlight) {
  const calls = openAll(nodes.map(({ url }) => url));
  const publishes = new NumberedPublishes(64);
  const pageGroup = randomBytes(16);
  const smallest = smallestRequest();
  const query = queryRequest(pageGroup, 100);
  const newest = newestPageRequest(pageGroup, 100);
  const contestants = {
    'smallest call': (lane) => calls.call(lane, NEWEST, smallest),
    'durable publish of one message': (lane) =>
      publishes.publish(lane, (path, request, mark) => calls.call(lane, path, request, mark)),
    'query of a page of 100': (lane) => calls.call(lane, QUERY, query),
    'query of the newest 100': (lane) => calls.call(lane, QUERY, newest),
  };
  await calls.call(0, SEND, sendRequest(pageGroup, 100));
  const taken = Object.fromEntries(Object.keys(contestants).map((name) => [name, { perSecond: [], cpuUs: [] }]));
  const cpuMs = () => nodes.reduce((sum, node) => sum + (node.cpuMs() ?? Number.NaN), 0);
  for (const call of Object.values(contestants)) await load(inFlight, WARM_UP_MS, call);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, call] of Object.entries(contestants)) {
      const before = cpuMs();
      const { done, seconds } = await load(inFlight, ROUND_MS, call);
      taken[name].perSecond.push(done / seconds);
      taken[name].cpuUs.push(((cpuMs() - before) * 1000) / done);
    }
  }
  await publishes.checkStored(calls.collect);
  calls.close();
  return Object.entries(taken).map(([name, { perSecond, cpuUs }]) => ({
    name,
    perSecond: median(perSecond),
    cpuUs: median(cpuUs),
  }));
}

/** Publishes of one message each to whoever takes them; nothing is read back. @returns publishes a second, and CPU in µs each, as medians */
export async function publishRate(server, inFlight) {
  const calls = openAll([server.url]);
  const publishes = new NumberedPublishes(64);
  const call = (lane) => publishes.publish(lane, (path, request, mark) => calls.call(lane, path, request, mark));
  await load(inFlight, WARM_UP_MS, call);
  const taken = { perSecond: [], cpuUs: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const before = server.cpuMs();
    const { done, seconds } = await load(inFlight, ROUND_MS, call);
    taken.perSecond.push(done / seconds);
    taken.cpuUs.push(((server.cpuMs() - before) * 1000) / done);
  }
  calls.close();
  return { perSecond: median(taken.perSecond), cpuUs: median(taken.cpuUs) };
}

/** Publishes one after the other. @returns percentiles of the latency, ms */
export async function publishLatency(node, count = 800) {
  const calls = openCalls(node.url);
  const groupId = randomBytes(16);
  const latencies = [];
  for (let i = 0; i < count + 200; i++) {
    const request = sendRequest(groupId);
    const start = performance.now();
    await calls.call(SEND, request);
    if (i >= 200) latencies.push(performance.now() - start);
  }
  calls.close();
  return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
}

/** Opens streams, many on a connection; `onMessages` hears how many messages came. @returns how to close them */
export async function openStreams(url, count, requestOf, onMessages) {
  const connections = Array.from({ length: Math.ceil(count / STREAMS_PER_CONNECTION) }, () => openCalls(url));
  for (const [index, connection] of connections.entries()) {
    const first = index * STREAMS_PER_CONNECTION;
    const streams = Math.min(STREAMS_PER_CONNECTION, count - first);
    await Promise.all(
      Array.from({ length: streams }, (_, i) => connection.subscribe(SUBSCRIBE, requestOf(first + i), onMessages)),
    );
  }
  return () => {
    for (const connection of connections) connection.close();
  };
}

/** Publishes batches to a group that `count` streams read, as fast as everybody keeps up. @returns deliveries a second, ms to the last */
export async function fanOut(node, count, { batch = 20, ms = 4000 } = {}) {
  const groupId = randomBytes(16);
  let delivered = 0;
  let wanted = Number.POSITIVE_INFINITY;
  let arrived = () => {};
  const close = await openStreams(
    node.url,
    count,
    () => subscribeRequest([groupId]),
    (messages) => {
      delivered += messages;
      if (delivered >= wanted) arrived();
    },
  );
  const sender = openCalls(node.url);
  const round = async (size) => {
    const all = new Promise((resolve) => {
      arrived = resolve;
    });
    wanted = delivered + count * size;
    const start = performance.now();
    await sender.call(SEND, sendRequest(groupId, size));
    await all;
    return performance.now() - start;
  };
  for (let i = 0; i < 3; i++) await round(1);
  const single = [];
  for (let i = 0; i < 20; i++) single.push(await round(1));
  const cpuBefore = node.cpuMs();
  const start = performance.now();
  let rounds = 0;
  while (performance.now() < start + ms) {
    await round(batch);
    rounds++;
  }
  const seconds = (performance.now() - start) / 1000;
  const deliveries = rounds * batch * count;
  const cpuUs = ((node.cpuMs() - cpuBefore) * 1000) / deliveries;
  sender.close();
  close();
  return { perSecond: deliveries / seconds, lastMs: median(single), cpuUs };
}

/** Fills a group, then reads it on one stream from the beginning. @returns messages a second */
export async function catchUp(node, messages) {
  const groupId = randomBytes(16);
  const calls = openCalls(node.url);
  const perCall = 100;
  await load(8, 0, async () => {});
  let left = messages;
  const lane = async () => {
    while (left > 0) {
      left -= perCall;
      await calls.call(SEND, sendRequest(groupId, perCall));
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  let received = 0;
  let done = () => {};
  const all = new Promise((resolve) => {
    done = resolve;
  });
  const start = performance.now();
  await calls.subscribe(SUBSCRIBE, subscribeRequest([groupId]), (count) => {
    received += count;
    if (received >= messages) done();
  });
  await all;
  const seconds = (performance.now() - start) / 1000;
  calls.close();
  return messages / seconds;
}

/** Opens streams of a group each, on which nothing comes. @returns bytes of the node's memory with all of them open */
export async function idleSubscriptions(node, count) {
  const close = await openStreams(
    node.url,
    count,
    () => subscribeRequest([randomBytes(16)]),
    () => {},
  );
  const rss = node.rssBytes();
  close();
  return rss;
}
