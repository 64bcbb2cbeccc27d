/** The cryptography in plain JavaScript as text that is put before the worker's. Empty in the sources, as `worker-code.ts`. */
export const nobleCode: string = '';
