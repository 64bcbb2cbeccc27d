/** The one function of `uint8array-extras` that the tests use. */
export const uint8ArrayToHex = (bytes) => Buffer.from(bytes).toString('hex');
