/** A worker that is just being started ahead: what takes the page's thread for long would keep it from starting, and waits. */

let launching: Promise<unknown> = Promise.resolve();

/** Notes that one is being started. @param started - settles when that is done */
export function noteLaunch(started: Promise<unknown>): void {
  launching = started.catch(() => {});
}

/** Resolves when none is being started, or none could be. */
export const launched = (): Promise<unknown> => launching;
