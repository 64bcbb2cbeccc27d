/** The extension and credential types of RFC 9420 (sections 5.3, 11.1, 12.1.8.1, 12.4.3.2, 12.4.3.3 and 17). */
import { EMPTY_BYTES, type TlsReader } from '@conclave/crypto';
import { EXTENSION_TYPE } from '../code-points.js';
import { CREDENTIAL_TYPE } from '../crypto/credential.js';
import { readRequiredCapabilities } from '../extension.js';
import { readExternalSender } from '../external-senders.js';
import { readTreeNodes } from '../tree/ratchet-tree-extension.js';
import type { ExtensionPlace } from './definitions.js';
import { TypeRegistry } from './type-registry.js';

const opaque = (reader: TlsReader) => reader.opaque();
const empty = () => EMPTY_BYTES;

/** What RFC 9420 defines, and the last_resort marker of key packages. */
export const STANDARD_TYPES = new TypeRegistry({
  extensions: [
    { type: EXTENSION_TYPE.applicationId, name: 'application_id', places: ['leaf-node'], read: opaque },
    // The tree is read where it is used; here it only has to be a vector.
    { type: EXTENSION_TYPE.ratchetTree, name: 'ratchet_tree', places: ['group-info'], read: opaque },
    {
      type: EXTENSION_TYPE.requiredCapabilities,
      name: 'required_capabilities',
      places: ['group-context'],
      read: readRequiredCapabilities,
    },
    { type: EXTENSION_TYPE.externalPub, name: 'external_pub', places: ['group-info'], read: opaque },
    {
      type: EXTENSION_TYPE.externalSenders,
      name: 'external_senders',
      places: ['group-context'],
      read: (reader) => reader.vector(readExternalSender),
    },
    { type: EXTENSION_TYPE.lastResort, name: 'last_resort', places: ['key-package'], read: empty },
  ],
  credentials: [
    // The identity is the application's.
    { type: CREDENTIAL_TYPE.basic, name: 'basic', read: (reader) => reader.raw(reader.remaining) },
    { type: CREDENTIAL_TYPE.x509, name: 'x509', read: readCertificates },
  ],
});

const IN_CONTEXT: readonly ExtensionPlace[] = ['group-context', 'key-package', 'group-info'];

/**
 * What the deployed engine knows (libxmtp 1.10.0): it reads every extension of these types wherever it stands, and asks of their places
 * only that all but application_id are in no leaf.
 */
export const DEPLOYED_TYPES = STANDARD_TYPES.with({
  extensions: [
    {
      type: EXTENSION_TYPE.applicationId,
      name: 'application_id',
      places: [...IN_CONTEXT, 'leaf-node'],
      read: opaque,
    },
    { type: EXTENSION_TYPE.ratchetTree, name: 'ratchet_tree', places: IN_CONTEXT, read: readTreeNodes },
    {
      type: EXTENSION_TYPE.requiredCapabilities,
      name: 'required_capabilities',
      places: IN_CONTEXT,
      read: readRequiredCapabilities,
    },
    { type: EXTENSION_TYPE.externalPub, name: 'external_pub', places: IN_CONTEXT, read: opaque },
    {
      type: EXTENSION_TYPE.externalSenders,
      name: 'external_senders',
      places: IN_CONTEXT,
      read: (reader) => reader.vector(readExternalSender),
    },
    { type: EXTENSION_TYPE.lastResort, name: 'last_resort', places: IN_CONTEXT, read: empty },
    { type: EXTENSION_TYPE.immutableMetadata, name: 'immutable_metadata', places: IN_CONTEXT, read: opaque },
  ],
});

function readCertificates(reader: TlsReader): Uint8Array[] {
  const certificates: Uint8Array[] = [];
  while (reader.remaining > 0) certificates.push(reader.opaque());
  return certificates;
}
