/** Decoding of untrusted bytes: strict, and with one error whatever the library underneath throws. */
import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import { ProtoError } from './errors.js';
import { real } from './lazy-descriptors.js';
import { keepByteOrderMarks } from './text-encoding.js';
import { checkWire, MAX_NESTING } from './wire-check.js';

keepByteOrderMarks();

/**
 * Decodes a message. Fields that the schema does not know are kept and written again by `toBinary`; a field that is
 * absent has its default, so required fields are the caller's to check. uint64 fields are bigint; an enum field may
 * hold a number without a name. `bytes` fields are views of the input. Maps are plain objects: the key `__proto__` is
 * lost, other keys are to be asked for with `Object.hasOwn`.
 *
 * Memory is bounded by a multiple of the input's length; limit the length where the bytes enter.
 *
 * @throws ProtoError `proto/malformed` on truncated bytes, wrong wire types, lengths beyond their message, text that is
 *   not UTF-8 and nesting over 100 levels
 * Cost: linear in the length.
 */
export function decodeProto<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc> {
  const desc = real(schema);
  try {
    checkWire(desc, bytes);
    return fromBinary(desc, bytes, { recursionLimit: MAX_NESTING + 1 });
  } catch (cause) {
    const fault = cause instanceof ProtoError ? cause.details : {};
    throw new ProtoError('proto/malformed', { type: desc.typeName, length: bytes.length, ...fault }, cause);
  }
}
