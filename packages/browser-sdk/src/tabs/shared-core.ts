/**
 * One worker for all tabs of a database. Synchronous access handles of the origin private file system exist in dedicated workers
 * only, so no SharedWorker can hold the database: the tab that has the leader's lock runs a dedicated worker for all, the others
 * reach it over broadcast channels. The lock goes to the next tab the moment that its holder closes, crashes or calls `close`.
 */
import type { Channel, PageMessage, WorkerMessage } from '../channel/messages.js';
import { randomId } from '../channel/random-id.js';
import { BrowserError } from '../errors.js';
import type { CoreSource } from '../page/core-link.js';
import { dropAhead, type StartOptions, startWorker, type WorkerProcess } from '../page/worker-process.js';
import { type LobbyMessage, leaderLock, lobbyChannel, tabChannel, tabLock } from './names.js';

/** A worker that ends within so many milliseconds may have been ended by what it began with, as the next one would be. */
const EARLY_MS = 10_000;

type WorkerChannel = Channel<PageMessage, WorkerMessage>;

/** @param options - with a name: databases without one are not shared */
export function sharedCore(options: StartOptions & { readonly name: string }): CoreSource {
  const { name } = options;
  const tab = randomId();
  const closing = new AbortController();
  const lobby = new BroadcastChannel(lobbyChannel(name));
  let alive: Promise<void> | undefined;
  let leading: Promise<void> = Promise.resolve();

  /** Holds this tab's lock as long as it lives, so that workers notice its end. Resolves when it is held. */
  function hold(): Promise<void> {
    return new Promise((resolve) => {
      navigator.locks
        .request(tabLock(name, tab), { signal: closing.signal }, () => {
          resolve();
          return aborted(closing.signal);
        })
        .catch(() => {});
    });
  }

  /**
   * Runs the worker until this tab lets go; one that dies is replaced.
   * @throws BrowserError `browser/worker-failed` when two in turn have died early: another tab may try
   */
  async function lead(onWorker: (channel: WorkerChannel) => void): Promise<void> {
    lobby.onmessage = null;
    const letGo = new Promise<'let go'>((resolve) => {
      closing.signal.addEventListener('abort', () => resolve('let go'), { once: true });
    });
    for (let early = 0; !closing.signal.aborted; ) {
      const worker = await startWorker(options);
      const startedAt = performance.now();
      onWorker(worker.channel);
      const end = await Promise.race([worker.died, letGo]);
      if (end === 'let go') return worker.stop();
      early = performance.now() - startedAt < EARLY_MS ? early + 1 : 0;
      if (early === 2) throw end;
    }
  }

  function follow(onWorker: (channel: WorkerChannel) => void): void {
    const say = (message: LobbyMessage): void => lobby.postMessage(message);
    let asked: string | undefined;
    lobby.onmessage = ({ data }: MessageEvent<LobbyMessage>) => {
      // A worker announces itself again to each tab that comes; this one has joined it.
      if (data.kind === 'worker' && data.worker !== asked) {
        asked = data.worker;
        say({ kind: 'join', worker: data.worker, tab });
      }
      if (data.kind !== 'joined' || data.tab !== tab) return;
      dropAhead();
      onWorker(channelTo(tabChannel(name, tab, data.worker)));
    };
    say({ kind: 'who-works' });
  }

  return {
    connect(onWorker, onFailure) {
      alive ??= hold();
      void alive.then(() => follow(onWorker));
      leading = navigator.locks
        .request(leaderLock(name), { signal: closing.signal }, () => lead(onWorker))
        .catch((error: unknown) => {
          if (!closing.signal.aborted) onFailure(error as Error);
        });
    },
    async close() {
      closing.abort();
      await leading;
      lobby.close();
    },
  };
}

/** Whether a tab of this origin runs a worker. */
export async function isAnyAtWork(): Promise<boolean> {
  const { held = [] } = await navigator.locks.query();
  return held.some(({ name }) => name?.startsWith(leaderLock('')));
}

/** Whether this page may have what tabs share: not in insecure contexts, nor in frames that are denied storage. */
export async function canShare(): Promise<boolean> {
  try {
    return await navigator.locks.request(`conclave-probe-${randomId()}`, async () => true);
  } catch {
    return false;
  }
}

/** A worker of this page alone; a client's database in it is in memory. */
export function ownCore(options: StartOptions): CoreSource {
  let starting: Promise<WorkerProcess> | undefined;
  let lost: BrowserError | undefined;
  return {
    connect(onWorker, onFailure) {
      if (lost !== undefined) {
        onFailure(lost);
        return;
      }
      starting = startWorker(options);
      starting.then(({ channel, died }) => {
        onWorker(channel);
        void died.then((reason) => {
          // What another would open in its place is an empty database: another installation.
          if (options.identifier !== undefined) lost = new BrowserError('browser/memory-lost', {}, reason);
          onFailure(lost ?? reason);
        });
      }, onFailure);
    },
    close: async () => {
      await starting?.then(
        (worker) => worker.stop(),
        () => {},
      );
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function channelTo(name: string): WorkerChannel {
  const channel = new BroadcastChannel(name);
  return {
    post: (message) => channel.postMessage(message),
    listen(listener) {
      channel.onmessage = ({ data }: MessageEvent<WorkerMessage>) => listener(data);
    },
    close: () => channel.close(),
  };
}
