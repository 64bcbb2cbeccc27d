/** Groups with app data for the tests of the rules. */
import { appDataExtension, type Extension } from '@conclave/mls';
import { EXTENSION } from '../payloads/extension-ids.js';
import { APP_DATA_REQUIRED_CAPABILITIES } from '../payloads/required-capabilities.js';
import { COMPONENT } from './component-ids.js';
import { type ComponentMetadata, encodeComponentMetadata, readRegistry, registryKey } from './component-registry.js';
import { dictionaryOf } from './dictionary.js';
import { type InitialPayloads, initialExtensions } from './group-payloads.js';
import { COMPONENT_KEY, encodeMap } from './tls-collections.js';

/** A component of an application, and one that stays. */
export const APP_COMPONENT = 0xc001;
export const IMMUTABLE_APP_COMPONENT = 0xfd01;

const base = (name: 'allow' | 'deny' | 'admin' | 'super-admin') => ({ kind: 'base', base: name }) as const;

/** Only admins may change it, everybody may add it, nobody may delete it. */
export const APP_METADATA: ComponentMetadata = {
  type: 'string',
  insert: base('allow'),
  update: base('admin'),
  delete: base('deny'),
};

/** The extensions of a group with app data that says what the payloads say. */
export function appDataExtensions(
  payloads: InitialPayloads,
  edit: (dictionary: Map<number, Uint8Array>) => void = () => {},
): Extension[] {
  const dictionary = dictionaryOf(payloads, () => []);
  edit(dictionary);
  return [APP_DATA_REQUIRED_CAPABILITIES, appDataExtension(dictionary)];
}

/** Adds an entry to the registry of a dictionary. */
export function register(dictionary: Map<number, Uint8Array>, componentId: number, metadata = APP_METADATA): void {
  const registry = readRegistry(dictionary.get(COMPONENT.registry) as Uint8Array);
  registry.set(registryKey(componentId), encodeComponentMetadata(metadata));
  dictionary.set(COMPONENT.registry, encodeMap(registry, COMPONENT_KEY));
}

/** A payload extension as it was. */
export function payloadExtension(payloads: InitialPayloads, type: number = EXTENSION.mutableMetadata): Extension {
  return initialExtensions(payloads).find((extension) => extension.type === type) as Extension;
}
