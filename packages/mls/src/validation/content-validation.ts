/** Contents of extensions and credentials, judged by their registered definitions (RFC 9420 sections 5.3 and 13.4). */
import { decodeTls, equalBytes, type TlsReader } from '@conclave/crypto';
import { type Credential, credentialContent } from '../crypto/credential.js';
import { type Extension, findExtension } from '../extension.js';
import type { ExtensionPlace, Refuse } from '../registry/definitions.js';
import { refuse, type ValidationPolicy } from './policy.js';

/** `refuse` bound to a policy, as definitions are given it. */
export function refuseUnder(policy: ValidationPolicy): Refuse {
  return (rule, details) => refuse(policy, rule, details);
}

/**
 * Checks that no type appears twice, and that known types stand in an allowed place and are well-formed.
 * @throws MlsError `mls/validation` with rule `duplicate-extension` or `extension-content`
 */
export function validateExtensions(
  extensions: readonly Extension[],
  place: ExtensionPlace,
  policy: ValidationPolicy,
): void {
  if (extensions.length === 0) return;
  const seen = new Set<number>();
  for (const { type, data } of extensions) {
    if (seen.has(type)) refuse(policy, 'duplicate-extension', { type, place });
    seen.add(type);
    const definition = policy.types.extension(type);
    if (definition === undefined || definition.uncheckedIn?.includes(place)) continue;
    if (!definition.places.includes(place) || !reads(definition, data)) {
      refuse(policy, 'extension-content', { type, place });
    }
  }
}

/** @throws MlsError `mls/validation` with rule `credential-content` when a known type has content of another form */
export function validateCredential(
  credential: Credential,
  policy: ValidationPolicy,
  details: { leafIndex?: number },
): void {
  const definition = policy.types.credential(credential.type);
  if (definition === undefined || reads(definition, credentialContent(credential))) return;
  refuse(policy, 'credential-content', { ...details, type: credential.type });
}

/**
 * Lets each registered type judge what a GroupContextExtensions proposal does to its extension.
 * @throws MlsError `mls/validation` with a rule of the type
 */
export function validateReplacement(
  extensionsBefore: readonly Extension[],
  extensionsAfter: readonly Extension[],
  policy: ValidationPolicy,
): void {
  const types = new Set([...extensionsBefore, ...extensionsAfter].map(({ type }) => type));
  for (const type of types) {
    const definition = policy.types.extension(type);
    if (definition?.checkReplacement === undefined) continue;
    const before = findExtension(extensionsBefore, type);
    const after = findExtension(extensionsAfter, type);
    if (before !== undefined && after !== undefined && equalBytes(before, after)) continue;
    definition.checkReplacement({ before, after, extensionsBefore, extensionsAfter, refuse: refuseUnder(policy) });
  }
}

function reads(definition: { read(reader: TlsReader): unknown }, data: Uint8Array): boolean {
  try {
    decodeTls(data, (reader) => definition.read(reader));
    return true;
  } catch {
    return false;
  }
}
