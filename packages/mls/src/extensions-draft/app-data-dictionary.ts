/**
 * app_data_dictionary (draft-ietf-mls-extensions): data of the application's components, in a GroupContext, leaf, key
 * package or GroupInfo, sorted by the components' ids.
 *
 *     ComponentData     component_id:u16 data<V>
 *     AppDataDictionary ComponentData component_data<V>
 */
import { CryptoError, encodeTls, type TlsReader, type TlsWriter } from '@conclave/crypto';
import { EXTENSION_TYPE, PROPOSAL_TYPE } from '../code-points.js';
import { decodeExactly } from '../errors.js';
import { type Extension, findExtension, requiredCapabilitiesOf } from '../extension.js';
import type { ExtensionDefinition, ExtensionReplacement } from '../registry/definitions.js';

/** Data by component id, in ascending order of the ids. */
export type AppDataDictionary = ReadonlyMap<number, Uint8Array>;

/** @throws CryptoError `codec/…`, also when the ids are not in strictly ascending order */
export function readAppDataDictionary(reader: TlsReader): AppDataDictionary {
  let last = -1;
  const entries = reader.vector((inner) => {
    const id = inner.u16();
    if (id <= last) throw new CryptoError('codec/invalid-value', { field: 'component_id', value: id });
    last = id;
    return [id, inner.opaque()] as const;
  });
  return new Map(entries);
}

/** Writes an AppDataDictionary, in the order of the ids. */
export function writeAppDataDictionary(writer: TlsWriter, dictionary: AppDataDictionary): void {
  const entries = [...dictionary].sort(([a], [b]) => a - b);
  writer.vector((inner) => {
    for (const [id, data] of entries) inner.u16(id).opaque(data);
  });
}

/** The extension with these data. */
export function appDataExtension(dictionary: AppDataDictionary): Extension {
  return { type: EXTENSION_TYPE.appDataDictionary, data: encodeTls(dictionary, writeAppDataDictionary) };
}

/** The data among these extensions, empty where there are none. @throws MlsError `mls/malformed` */
export function appDataOf(extensions: readonly Extension[]): AppDataDictionary {
  const data = findExtension(extensions, EXTENSION_TYPE.appDataDictionary);
  return data === undefined ? new Map() : decodeExactly('AppDataDictionary', data, readAppDataDictionary);
}

/** The definition of the extension type. */
export const APP_DATA_DICTIONARY: ExtensionDefinition = {
  type: EXTENSION_TYPE.appDataDictionary,
  name: 'app_data_dictionary',
  places: ['group-context', 'leaf-node', 'key-package', 'group-info'],
  read: readAppDataDictionary,
  checkReplacement,
};

/**
 * Where app_data_update is required of members, only that changes the dictionary. Both the requirements before and after
 * count, so that nobody drops the requirement and the data together.
 */
function checkReplacement({ extensionsBefore, extensionsAfter, refuse }: ExtensionReplacement): void {
  if (requiresUpdates(extensionsBefore) || requiresUpdates(extensionsAfter)) refuse('app-data-by-update');
}

function requiresUpdates(extensions: readonly Extension[]): boolean {
  return requiredCapabilitiesOf(extensions)?.proposals.includes(PROPOSAL_TYPE.appDataUpdate) === true;
}
