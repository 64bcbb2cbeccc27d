/** The worker's side of the other tabs: announces itself, serves whoever joins, forgets tabs that are gone. */
import type { PageMessage, WorkerMessage } from '../channel/messages.js';
import { randomId } from '../channel/random-id.js';
import type { Core } from '../worker/core.js';
import { type LobbyMessage, lobbyChannel, tabChannel, tabLock } from './names.js';

/** Serves the tabs of this database for as long as the worker lives. */
export function serveTabs(database: string, core: Core): void {
  const worker = randomId();
  const lobby = new BroadcastChannel(lobbyChannel(database));
  const joined = new Set<string>();
  const say = (message: LobbyMessage): void => lobby.postMessage(message);
  lobby.onmessage = ({ data }: MessageEvent<LobbyMessage>) => {
    if (data.kind === 'who-works') say({ kind: 'worker', worker });
    // Two channels for one tab would make each of its calls twice.
    if (data.kind !== 'join' || data.worker !== worker || joined.has(data.tab)) return;
    joined.add(data.tab);
    const leave = core.serve(channelTo(tabChannel(database, data.tab, worker)));
    // Granted when the tab closes, however it does.
    void navigator.locks.request(tabLock(database, data.tab), async () => {
      joined.delete(data.tab);
      leave();
    });
    say({ kind: 'joined', worker, tab: data.tab });
  };
  say({ kind: 'worker', worker });
}

function channelTo(name: string) {
  const channel = new BroadcastChannel(name);
  return {
    post: (message: WorkerMessage) => channel.postMessage(message),
    listen(listener: (message: PageMessage) => void) {
      channel.onmessage = ({ data }: MessageEvent<PageMessage>) => listener(data);
    },
    close: () => channel.close(),
  };
}
