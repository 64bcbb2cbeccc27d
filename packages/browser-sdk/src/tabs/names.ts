/** Names of the locks and broadcast channels by which the tabs of one database find each other. */

/** Held by the tab whose worker has the database. */
export const leaderLock = (database: string): string => `conclave:${database}`;
/** Held by each other tab as long as it lives, so that the worker notices its end. */
export const tabLock = (database: string, tab: string): string => `conclave:${database}:tab:${tab}`;
/** Where workers announce themselves and tabs ask for one. */
export const lobbyChannel = (database: string): string => `conclave:${database}`;
/** Between one tab and the worker; a name of its own for each worker, so that nothing meant for the last one reaches the next. */
export const tabChannel = (database: string, tab: string, worker: string): string =>
  `conclave:${database}:${tab}:${worker}`;

/** What is said in the lobby. */
export type LobbyMessage =
  | { readonly kind: 'who-works' }
  /** A worker is ready. */
  | { readonly kind: 'worker'; readonly worker: string }
  /** A tab wants to be served by this worker. */
  | { readonly kind: 'join'; readonly worker: string; readonly tab: string }
  /** It is. */
  | { readonly kind: 'joined'; readonly worker: string; readonly tab: string };
