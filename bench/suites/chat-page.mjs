/**
 * The chat page in Chromium, as a node serves it: how soon it is there, and how it scrolls through a long conversation. Frames are judged by
 * Chromium's own trace: the CPU time of each task of the page's main thread, so that other work on the machine does not count.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client, createEOASigner } from '@conclave/node-sdk';
import { begin, signIn, write } from '../../apps/web/test/browser/world.mjs';
import { openBrowser } from '../../packages/browser-sdk/test/browser/ground.mjs';
import { startNodeProcess } from '../node-process.mjs';

/** Options of this suite. */
export const options = {
  messages: { type: 'string', default: '10000' },
  /** A file for the trace of scrolling, with samples of the script, as Chromium's developer tools open it. Sampling costs time. */
  trace: { type: 'string' },
};
/** Options that name places on this machine. */
export const folders = ['trace'];

const PAGE = fileURLToPath(new URL('../../apps/web/dist', import.meta.url));
const BATCH = 500;
/** One turn of a wheel, in pixels. */
const STEP = 400;

/** Runs the suite. */
export async function run(report, { messages, trace }) {
  const count = Number(messages);
  const node = await startNodeProcess({ options: ['--page', PAGE] });
  const browser = await openBrowser();
  let writer;
  try {
    const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
    page.setDefaultTimeout(170_000);
    const url = node.webUrl.replace('127.0.0.1', 'localhost');
    await page.goto(url);
    await page.getByRole('button', { name: 'Try it' }).waitFor();
    const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
    report({ name: 'first paint of the page', value: paint, unit: 'ms', goal: '1000 ms' });

    const signer = createEOASigner();
    writer = await Client.create(signer, { env: 'local', apiUrl: node.url, dbPath: null, disableDeviceSync: true });
    const { identifier: writerAddress } = await signer.getIdentifier();
    const begun = performance.now();
    const address = await signIn({ page });
    report({ name: 'from the click to signed in, a new key', value: performance.now() - begun, unit: 'ms' });
    await begin({ page }, [writerAddress]);
    await write({ page }, 'the first message');
    await page.locator('.status[aria-label="Sent"]').waitFor();
    const first = performance.now() - begun;
    report({ name: 'from that click to the first message sent', value: first, unit: 'ms', goal: '3000 ms' });

    const group = await writer.conversations.createGroupWithIdentifiers([{ identifier: address, identifierKind: 0 }], {
      groupName: 'Long',
    });
    // Written while the page is not there: it catches up.
    await page.getByRole('button', { name: /^Requests 1/ }).waitFor();
    await page.goto('about:blank');
    for (let i = 1; i <= count; i++) {
      await group.sendText(`${i} ${'the tide comes in and goes out again '.repeat(1 + (i % 7))}`, true);
      if (i % BATCH === 0 || i === count) await group.publishMessages();
    }
    const back = performance.now();
    await page.goto(url);
    await page.getByRole('button', { name: /^Requests 1/ }).click();
    await page.locator('.line-preview', { hasText: `${count} the tide` }).waitFor();
    await page.locator('.line').first().click();
    await page.locator('.message', { hasText: `${count} the tide` }).waitFor();
    report({ name: `opened again and caught up with ${count} messages`, value: performance.now() - back, unit: 'ms' });

    const tasks = await whileTracing(page, () => scrollUp(page), trace);
    const longest = Math.max(...tasks);
    const seen = await page.evaluate(() =>
      Number(document.querySelector('.message .plain')?.textContent.split(' ')[0]),
    );
    report({ name: `scrolling up from message ${count} to`, value: seen, unit: 'th' });
    report({ name: 'longest task of the main thread meanwhile, CPU', value: longest, unit: 'ms', goal: '32 ms' });
    report({ name: 'tasks above 32 ms', value: tasks.filter((ms) => ms > 32).length, unit: 'tasks', goal: '0 tasks' });
  } finally {
    await writer?.close();
    await browser.close();
    await node.stop();
  }
}

/** Turns the wheel, a frame between two turns, until the first message is in sight. */
async function scrollUp(page) {
  await page.mouse.move(900, 450);
  for (let isAtTop = false; !isAtTop; ) {
    await page.mouse.wheel(0, -STEP);
    isAtTop = await page.evaluate(
      () =>
        new Promise((resolve) => {
          requestAnimationFrame(() => resolve(document.querySelector('.message .plain')?.textContent.startsWith('1 ')));
        }),
    );
  }
}

/** CPU milliseconds of each task of the page's main thread. */
async function whileTracing(page, work, file) {
  const session = await page.context().browser().newBrowserCDPSession();
  const events = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...value));
  await session.send('Tracing.start', {
    traceConfig: {
      includedCategories: [
        ...['disabled-by-default-devtools.timeline', 'devtools.timeline', '__metadata'],
        ...(file === undefined ? [] : ['disabled-by-default-v8.cpu_profiler', 'v8.execute']),
      ],
    },
  });
  await work();
  const done = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await done;
  if (file !== undefined) writeFileSync(file, JSON.stringify({ traceEvents: events }));
  const mains = events
    .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
    .map(({ pid, tid }) => `${pid}/${tid}`);
  const tasks = events.filter(
    ({ name, ph, pid, tid }) => name === 'RunTask' && ph === 'X' && mains.includes(`${pid}/${tid}`),
  );
  if (tasks.length === 0) throw new Error('the trace holds no task of the page');
  return tasks.map(({ tdur, dur }) => (tdur ?? dur) / 1000);
}
