/** Changes that tests make to a scenario: what its commit does. */
import { ATTRIBUTE, withAdminListChange, withAttribute } from '../payloads/mutable-metadata.js';
import { BO, CARO, leaf, type Scenario } from './commit.testkit.js';

/** A change of a scenario. */
export type Change = (s: Scenario) => void;

/** A key update. */
export const nothing: Change = () => {};

/** Sets an attribute, the name unless another is given. */
export function rename(value: string, attribute: string = ATTRIBUTE.groupName): Change {
  return (s) => {
    s.changes = { ...s.changes, mutableMetadata: withAttribute(s.before.mutableMetadata, attribute, value) };
  };
}

/** Adds caro at a known position, with these installations as leaves; 4 and 5 are hers. */
export function addCaro(...installations: readonly number[]): Change {
  return (s) => {
    s.setMembers({ [CARO]: 30n });
    s.added = installations.map((number) => leaf(CARO, number));
  };
}

/** Removes bo and its leaf. */
export const removeBo: Change = (s) => {
  s.setMembers({ [BO]: undefined });
  s.removed = [leaf(BO, 2)];
};

/** Bo instead of alix commits. */
export function byBo(change: Change): Change {
  return (s) => {
    s.committer = 1;
    change(s);
  };
}

/** Changes one entry of a list of roles. */
export function adminChange(list: 'admin' | 'super-admin', action: 'add' | 'remove', inboxId: string): Change {
  return (s) => {
    s.changes = { mutableMetadata: withAdminListChange(s.before.mutableMetadata, { list, action, inboxId }) };
  };
}

/** The conversation demands a version, before the commit and after. */
export function withMinimum(version: string): Change {
  return (s) => {
    const { minimumSupportedProtocolVersion } = ATTRIBUTE;
    const mutableMetadata = withAttribute(s.before.mutableMetadata, minimumSupportedProtocolVersion, version);
    s.before = { ...s.before, mutableMetadata };
  };
}
