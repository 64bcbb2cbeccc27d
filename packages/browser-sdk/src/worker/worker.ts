/** Entry of the worker: started by one page, serves that page directly and other tabs of the same database over broadcast channels. */
import type { PageMessage, WorkerMessage } from '../channel/messages.js';
import type { LoadMessage, StartedMessage, StartMessage } from '../channel/start-messages.js';
import { serveTabs } from '../tabs/serve-tabs.js';
import type { Core } from './core.js';
import { LacksCurves, loadEngines, nextTurn, startCore, warm } from './start.js';

interface WorkerScope {
  onmessage: ((event: MessageEvent<LoadMessage | StartMessage | PageMessage | { kind: 'stop' }>) => void) | null;
  ononline: (() => void) | null;
  postMessage(message: WorkerMessage | StartedMessage | { kind: 'stopped' }): void;
  close(): void;
}

const scope = self as unknown as WorkerScope;
let give: (message: LoadMessage) => void = () => {};
// Begun at once: whose client it will be may only be known when somebody signs in.
const engines = loadEngines(
  new Promise((resolve) => {
    give = resolve;
  }),
);
let isWanted = false;
engines
  .then(async (started) => {
    await nextTurn();
    if (!isWanted) warm(started);
  })
  // Told to whoever starts a client.
  .catch(() => {});
let core: Core | undefined;
let forward: (message: PageMessage) => void = () => {};

async function start(message: StartMessage): Promise<void> {
  isWanted = true;
  try {
    core = await startCore(message, engines);
    core.begin();
    core.serve({
      post: (answer) => scope.postMessage(answer),
      listen: (listener) => {
        forward = listener;
      },
      close: () => {},
    });
    scope.postMessage({ kind: 'started' });
    if (message.name !== null && message.identifier !== undefined) serveTabs(message.name, core);
  } catch (error) {
    const lacksCurves = error instanceof LacksCurves;
    scope.postMessage({ kind: 'not-started', reason: String(error), lacksCurves });
  }
}

async function stop(): Promise<void> {
  await core?.close();
  scope.postMessage({ kind: 'stopped' });
  scope.close();
}

scope.ononline = () => core?.networkIsBack();
scope.onmessage = ({ data }) => {
  if (data.kind === 'load') give(data);
  else if (data.kind === 'start') void start(data);
  else if (data.kind === 'stop') void stop();
  else forward(data);
};
