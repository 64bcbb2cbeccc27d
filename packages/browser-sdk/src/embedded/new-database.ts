/**
 * What a new database begins as (`imageOf`), in base64: DEFLATE (RFC 1951) with `NEW_FILE` before it. Empty in the sources, as `worker-code.ts`: there the
 * tables are made.
 */
export const newDatabase: string = '';
