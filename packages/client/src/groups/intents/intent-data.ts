/** What each kind of intent wants, as stored in the `data` column: JSON, because only this device reads it. */
import { fromUtf8, utf8 } from '@conclave/crypto';
import { ClientError } from '../../errors.js';
import type { BasePolicy, PolicyTarget } from '../../payloads/permissions.js';
import type { IntentKind } from '../../store/intents.js';

/** Fields by kind. */
export interface IntentDataMap {
  /** The message is in its own table, named by the intent. */
  'send-message': Record<string, never>;
  /** For warming the tree: given up where somebody else's commit came first. */
  'key-update': { readonly warming?: boolean };
  'metadata-update': { readonly attribute: string; readonly value: string };
  /** Both empty: bring the membership up to the identity logs. */
  'update-membership': { readonly add: readonly string[]; readonly remove: readonly string[] };
  'update-admin-list': {
    readonly list: 'admin' | 'super-admin';
    readonly action: 'add' | 'remove';
    readonly inboxId: string;
  };
  'update-permission': { readonly target: PolicyTarget; readonly base: BasePolicy };
  /** Whom is in the table of requests. */
  'readd-installations': Record<string, never>;
  'enable-app-data': Record<string, never>;
  /** `update` is hex, in the encoding of the component's updates. */
  'update-app-data': { readonly componentId: number; readonly update: string };
}

/** Bytes of the `data` column. */
export function encodeIntentData<Kind extends IntentKind>(_kind: Kind, data: IntentDataMap[Kind]): Uint8Array {
  return utf8(JSON.stringify(data));
}

/** @throws ClientError `client/database-damaged` */
export function decodeIntentData<Kind extends IntentKind>(kind: Kind, data: Uint8Array): IntentDataMap[Kind] {
  try {
    return JSON.parse(fromUtf8(data)) as IntentDataMap[Kind];
  } catch (cause) {
    throw new ClientError('client/database-damaged', { table: 'intents', kind }, cause);
  }
}
