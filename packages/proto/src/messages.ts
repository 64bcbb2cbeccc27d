/** The library's functions on messages, with descriptors that may be stand-ins. */
import * as library from '@bufbuild/protobuf';
import { real } from './lazy-descriptors.js';

/** A message; what `init` leaves out has its default. */
export const create: typeof library.create = (schema, init) => library.create(real(schema), init);

/** The bytes of a message. */
export const toBinary: typeof library.toBinary = (schema, message, options) =>
  library.toBinary(real(schema), message, options);

/** The message in trusted bytes; those of others go through `decodeProto`. */
export const fromBinary: typeof library.fromBinary = (schema, bytes, options) =>
  library.fromBinary(real(schema), bytes, options);

/** Whether two messages say the same. */
export const equals: typeof library.equals = (schema, a, b, options) => library.equals(real(schema), a, b, options);
