/**
 * What a call costs, and which limit it counts against: writes and reads apart, a send by the number of its messages.
 *
 * Source: node API section "Rate limits" (xmtp-node-go).
 */
import { IdentityApi, MlsApi } from '@conclave/proto';

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

/** At least 1. Cost: one step per message. */
export function costOf(path: string, request: Uint8Array | undefined): number {
  return request !== undefined && SENDS.has(path) ? Math.max(1, countMessages(request)) : 1;
}

/** How often field 1 stands in a message; what is malformed counts up to the fault and is refused by the rpc itself. */
function countMessages(request: Uint8Array): number {
  let count = 0;
  let at = 0;
  while (at < request.length && request[at] === 0x0a) {
    let length = 0;
    let shift = 0;
    at++;
    for (; at < request.length && shift < 35; shift += 7) {
      const byte = request[at++] as number;
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    at += length;
    count++;
  }
  return count;
}

function pathOf(method: { readonly name: string; readonly parent: { readonly typeName: string } }): string {
  return `/${method.parent.typeName}/${method.name}`;
}
