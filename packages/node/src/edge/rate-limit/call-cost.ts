/**
 * What a call costs, and which limit it counts against: writes and reads apart, a send by the number of its messages.
 *
 * Source: node API section "Rate limits" (xmtp-node-go).
 */
import { IdentityApi, MlsApi } from '@conclave/proto';

const WIRE = { varint: 0, fixed64: 1, bytes: 2, groupStart: 3, groupEnd: 4, fixed32: 5 } as const;
/** Field 1, bytes. */
const MESSAGES_TAG = 0x0a;

/** The two limits of an address. */
export type LimitClass = 'publish' | 'read';

/** The rpcs whose cost is the number of messages, field 1 of the request. */
const SENDS: ReadonlySet<string> = new Set(
  [MlsApi.method.sendGroupMessages, MlsApi.method.sendWelcomeMessages].map(pathOf),
);

/** Not an rpc, and a write all the same. */
export const HISTORY_UPLOAD = '/upload';

const PUBLISHES: ReadonlySet<string> = new Set([
  HISTORY_UPLOAD,
  ...SENDS,
  ...[MlsApi.method.uploadKeyPackage, MlsApi.method.registerInstallation].map(pathOf),
  pathOf(IdentityApi.method.publishIdentityUpdate),
]);

/** The limit that a call counts against. */
export function limitClassOf(path: string): LimitClass {
  return PUBLISHES.has(path) ? 'publish' : 'read';
}

/** At least 1. Cost: one step per field. */
export function costOf(path: string, request: Uint8Array | undefined): number {
  return request !== undefined && SENDS.has(path) ? Math.max(1, countMessages(request)) : 1;
}

/** How often field 1 stands in a message, whatever stands between; what is malformed counts up to the fault and is refused by the rpc itself. */
function countMessages(request: Uint8Array): number {
  const fields = new FieldReader(request);
  let count = 0;
  for (let tag = fields.varint(); tag !== undefined; tag = fields.varint()) {
    if (tag === MESSAGES_TAG) count++;
    if (!fields.skip(tag % 8)) break;
  }
  return count;
}

/** Walks over the fields of an encoded message. Those of a group count as if they stood outside of it. */
class FieldReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Undefined at the end. Only the lower 32 bits, as decoders read tags and lengths. */
  varint(): number | undefined {
    const bytes = this.#bytes;
    let value = 0;
    for (let shift = 0; shift < 70 && this.#at < bytes.length; shift += 7) {
      const byte = bytes[this.#at++] as number;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    return undefined;
  }

  /** Steps over the content of a field. False for a wire type that there is not. */
  skip(wireType: number): boolean {
    if (wireType === WIRE.varint) this.varint();
    else if (wireType === WIRE.fixed64) this.#at += 8;
    else if (wireType === WIRE.bytes) {
      const length = this.varint() ?? 0;
      this.#at += length;
    } else if (wireType === WIRE.fixed32) this.#at += 4;
    else return wireType === WIRE.groupStart || wireType === WIRE.groupEnd;
    return true;
  }
}

function pathOf(method: { readonly name: string; readonly parent: { readonly typeName: string } }): string {
  return `/${method.parent.typeName}/${method.name}`;
}
