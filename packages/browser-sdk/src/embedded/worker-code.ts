/**
 * The worker's code as text. In the sources it is empty: `scripts/bundle.mjs` puts the bundled `worker/worker.ts` here, in a file of
 * its own that the page loads when a client is made.
 */
export const workerCode: string = '';
