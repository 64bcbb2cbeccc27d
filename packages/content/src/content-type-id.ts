/** Names of content types (XIP-5): `xmtp.org/text:1.0`. */
import { ContentError } from './errors.js';

/** Names the type of a content. A change of the major version breaks readers, one of the minor version does not. */
export interface ContentTypeId {
  readonly authorityId: string;
  readonly typeId: string;
  readonly versionMajor: number;
  readonly versionMinor: number;
}

const MAX_U32 = 0xffff_ffff;

/** `authority/type:major.minor`. */
export function contentTypeToString(type: ContentTypeId): string {
  return `${type.authorityId}/${type.typeId}:${type.versionMajor}.${type.versionMinor}`;
}

/**
 * Reads `authority/type:major.minor`; the type may contain slashes.
 * @throws ContentError `content/invalid-type`
 */
export function contentTypeFromString(text: string): ContentTypeId {
  const [, authorityId, typeId, major, minor] = /^([^/]+)\/([^:]+):(\d{1,10})\.(\d{1,10})$/.exec(text) ?? [];
  const versionMajor = Number(major);
  const versionMinor = Number(minor);
  // NaN, when the text has another form, fails the comparison too.
  if (authorityId === undefined || typeId === undefined || !(versionMajor <= MAX_U32 && versionMinor <= MAX_U32)) {
    throw new ContentError('content/invalid-type', { length: text.length });
  }
  return { authorityId, typeId, versionMajor, versionMinor };
}

/** True when both name the same type, whatever the version. */
export function contentTypesAreEqual(a: ContentTypeId, b: ContentTypeId): boolean {
  return a.authorityId === b.authorityId && a.typeId === b.typeId;
}

/** A type of `xmtp.org`. */
export function xmtpType(typeId: string, versionMajor = 1, versionMinor = 0): ContentTypeId {
  return { authorityId: 'xmtp.org', typeId, versionMajor, versionMinor };
}
