/** What a commit changes in the mutable metadata (libxmtp 1.10.0). */
import type { MutableMetadata } from './mutable-metadata.js';

/** One attribute that was changed, added (no old value) or deleted (no new value). */
export interface AttributeChange {
  readonly key: string;
  readonly oldValue?: string;
  readonly newValue?: string;
}

/** All changes of one commit; every list in ascending order and without repetitions. */
export interface MetadataChanges {
  readonly attributes: readonly AttributeChange[];
  readonly addedAdmins: readonly string[];
  readonly removedAdmins: readonly string[];
  readonly addedSuperAdmins: readonly string[];
  readonly removedSuperAdmins: readonly string[];
}

/** Changes between equal metadata. */
export const NO_METADATA_CHANGES: MetadataChanges = {
  attributes: [],
  addedAdmins: [],
  removedAdmins: [],
  addedSuperAdmins: [],
  removedSuperAdmins: [],
};

/** Compares two metadata. Lists are compared as sets: order and repetitions change nothing. */
export function diffMutableMetadata(before: MutableMetadata, after: MutableMetadata): MetadataChanges {
  return {
    attributes: diffAttributes(before.attributes, after.attributes),
    addedAdmins: absentFrom(before.adminList, after.adminList),
    removedAdmins: absentFrom(after.adminList, before.adminList),
    addedSuperAdmins: absentFrom(before.superAdminList, after.superAdminList),
    removedSuperAdmins: absentFrom(after.superAdminList, before.superAdminList),
  };
}

function diffAttributes(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): AttributeChange[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  const changes: AttributeChange[] = [];
  for (const key of keys) {
    const oldValue = before.get(key);
    const newValue = after.get(key);
    if (oldValue === newValue) continue;
    changes.push({
      key,
      ...(oldValue === undefined ? {} : { oldValue }),
      ...(newValue === undefined ? {} : { newValue }),
    });
  }
  return changes;
}

/** Entries of `list` that `other` does not have. */
function absentFrom(other: readonly string[], list: readonly string[]): string[] {
  const known = new Set(other);
  return [...new Set(list)].filter((entry) => !known.has(entry)).sort();
}
