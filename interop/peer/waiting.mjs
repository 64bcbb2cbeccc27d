/** Waiting with a limit: nothing in a scenario waits for ever, and what was waited for has a name. */

const POLL_MS = 50;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * The promise's result, or a failure that names what did not come in time.
 * @template T
 * @param {string} what
 * @param {Promise<T>} promise
 * @param {number} [limitMs]
 * @returns {Promise<T>}
 */
export async function within(what, promise, limitMs = 30_000) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing within ${limitMs / 1000} s`)), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks again and again until the answer is truthy, and gives that answer. The clients under test cannot be told to
 * report every change, so this is the one place that polls.
 * @template T
 * @param {string} what
 * @param {() => T | Promise<T>} ask
 * @param {number} [limitMs]
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(what, ask, limitMs = 30_000) {
  const end = Date.now() + limitMs;
  for (;;) {
    const answer = await within(what, Promise.resolve(ask()), limitMs);
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`${what}: not so within ${limitMs / 1000} s`);
    await pause(POLL_MS);
  }
}
