/** Ways to break the rules on app data (XIP-81); judged with the others in `commit-rules.test.ts`. */

import { utf8 } from '@conclave/crypto';
import {
  APP_COMPONENT,
  appDataExtensions,
  IMMUTABLE_APP_COMPONENT,
  payloadExtension,
  register,
} from '../app-data/app-data.testkit.js';
import { COMPONENT } from '../app-data/component-ids.js';
import { encodeMembershipEntry, membershipEntries, metadataFor } from '../app-data/dictionary.js';
import {
  CLOSED_POLICY,
  type ExternalCommitPolicy,
  encodeExternalCommitPolicy,
} from '../app-data/external-commit-policy.js';
import { initialExtensions } from '../app-data/group-payloads.js';
import { encodeMap, INBOX_KEY } from '../app-data/tls-collections.js';
import { presetPolicies } from '../payloads/policy-presets.js';
import { byBo, type Change } from './changes.testkit.js';
import { BO } from './commit.testkit.js';
import type { CommitRule } from './commit-rule-table.js';

/** One way to break a rule; `repaired` differs from `broken` in that alone and must be accepted. */
export interface Breach {
  readonly rule: CommitRule;
  readonly title: string;
  readonly broken: Change;
  readonly repaired: Change;
}

type Edit = (dictionary: Map<number, Uint8Array>) => void;

/** App data begin, with something changed on the way. */
function beginning(edit: Edit = () => {}, more: (s: Parameters<Change>[0]) => void = () => {}): Change {
  return (s) => {
    more(s);
    s.nextExtensions = () => appDataExtensions(s.before, edit);
  };
}

/** A commit in a group that has app data: what they are, and what becomes of them. */
function within(before: Edit, after: Edit): Change {
  return (s) => {
    s.currentExtensions = () => appDataExtensions(s.before, before);
    s.nextExtensions = () =>
      appDataExtensions(s.before, (dictionary) => {
        before(dictionary);
        after(dictionary);
      });
  };
}

const put =
  (id: number, text = 'x'): Edit =>
  (dictionary) =>
    void dictionary.set(id, new TextEncoder().encode(text));
const registered: Edit = (dictionary) => register(dictionary, APP_COMPONENT);
const there: Edit = (dictionary) => {
  registered(dictionary);
  put(APP_COMPONENT, 'old')(dictionary);
};

const OPEN: ExternalCommitPolicy = {
  ...{ isOpen: true, expiresAtNs: 0n, maxUses: 0 },
  ...{ key: new Uint8Array(32).fill(1), slot: utf8('slot') },
};
const policyEntry: Edit = (dictionary) =>
  register(
    dictionary,
    COMPONENT.externalCommitPolicy,
    metadataFor(COMPONENT.externalCommitPolicy, presetPolicies('all-members')),
  );
const policyOfGroup =
  (policy: ExternalCommitPolicy): Edit =>
  (dictionary) =>
    void dictionary.set(COMPONENT.externalCommitPolicy, encodeExternalCommitPolicy(policy));
/** Bo's entry in the membership, with the invitation by which he came. */
const entryOfBo =
  (admittedVia: Uint8Array | undefined): Edit =>
  (dictionary) => {
    const entries = membershipEntries(dictionary);
    entries.set(BO, encodeMembershipEntry({ sequenceId: 20n, failedInstallations: [], admittedVia }));
    dictionary.set(COMPONENT.groupMembership, encodeMap(entries, INBOX_KEY));
  };

/** In a group with app data, and on the way to one. */
export const APP_DATA_BREACHES: readonly Breach[] = [
  { rule: 'app-data-begin', title: 'by a member', broken: byBo(beginning()), repaired: beginning() },
  {
    rule: 'app-data-begin',
    title: 'with another name',
    broken: beginning(put(COMPONENT.groupName, 'mine')),
    repaired: beginning(),
  },
  {
    rule: 'app-data-begin',
    title: 'with one component more',
    broken: beginning(put(APP_COMPONENT)),
    repaired: beginning(),
  },
  {
    rule: 'app-data-begin',
    title: 'with other rules',
    broken: beginning((dictionary) => register(dictionary, COMPONENT.groupName)),
    repaired: beginning(),
  },
  {
    rule: 'app-data-begin',
    title: 'with one component less',
    broken: beginning((dictionary) => void dictionary.delete(COMPONENT.description)),
    repaired: beginning(),
  },
  {
    rule: 'app-data-begin',
    title: 'beside the payload extensions',
    broken: (s) => {
      s.nextExtensions = () => [payloadExtension(s.before), ...appDataExtensions(s.before)];
    },
    repaired: beginning(),
  },
  {
    rule: 'app-data-kept',
    title: 'dropped for the payload extensions',
    broken: (s) => {
      s.currentExtensions = () => appDataExtensions(s.before);
      s.nextExtensions = () => initialExtensions(s.before);
    },
    repaired: within(
      () => {},
      () => {},
    ),
  },
  {
    rule: 'app-data-kept',
    title: 'a payload extension comes back',
    broken: (s) => {
      s.currentExtensions = () => appDataExtensions(s.before);
      s.nextExtensions = () => [...appDataExtensions(s.before), payloadExtension(s.before)];
    },
    repaired: within(
      () => {},
      () => {},
    ),
  },
  {
    rule: 'app-data-immutable',
    title: 'written twice',
    broken: within(put(IMMUTABLE_APP_COMPONENT, 'a'), put(IMMUTABLE_APP_COMPONENT, 'b')),
    repaired: within((dictionary) => register(dictionary, IMMUTABLE_APP_COMPONENT), put(IMMUTABLE_APP_COMPONENT, 'b')),
  },
  {
    rule: 'app-data-immutable',
    title: 'deleted',
    broken: within(put(IMMUTABLE_APP_COMPONENT, 'a'), (dictionary) => void dictionary.delete(IMMUTABLE_APP_COMPONENT)),
    repaired: within(put(IMMUTABLE_APP_COMPONENT, 'a'), () => {}),
  },
  {
    rule: 'app-data-permission',
    title: 'no entry in the registry',
    broken: within(() => {}, put(APP_COMPONENT)),
    repaired: within(registered, put(APP_COMPONENT)),
  },
  {
    rule: 'app-data-permission',
    title: 'an entry that comes with the same commit',
    broken: within(() => {}, there),
    repaired: within(registered, put(APP_COMPONENT)),
  },
  {
    rule: 'app-data-permission',
    title: 'changed by somebody who may only add',
    broken: byBo(within(there, put(APP_COMPONENT, 'new'))),
    repaired: byBo(within(registered, put(APP_COMPONENT, 'new'))),
  },
  {
    rule: 'app-data-permission',
    title: 'deleted though nobody may',
    broken: within(there, (dictionary) => void dictionary.delete(APP_COMPONENT)),
    repaired: within(there, put(APP_COMPONENT, 'new')),
  },
  {
    rule: 'app-data-permission',
    title: 'the registry changed by a member',
    broken: byBo(within(() => {}, registered)),
    repaired: within(() => {}, registered),
  },
  {
    rule: 'app-data-permission',
    title: 'a setting deleted by a member who may change it',
    broken: byBo(
      within(
        () => {},
        (dictionary) => void dictionary.delete(COMPONENT.description),
      ),
    ),
    repaired: within(
      () => {},
      (dictionary) => void dictionary.delete(COMPONENT.description),
    ),
  },
  {
    rule: 'external-policy',
    title: 'open without a key',
    broken: within(policyEntry, policyOfGroup({ ...OPEN, key: undefined })),
    repaired: within(policyEntry, policyOfGroup(OPEN)),
  },
  {
    rule: 'external-policy',
    title: 'closed with a key',
    broken: within(policyEntry, policyOfGroup({ ...OPEN, isOpen: false })),
    repaired: within(policyEntry, policyOfGroup(CLOSED_POLICY)),
  },
  {
    rule: 'join-tagged',
    title: 'a member loses the name of the invitation',
    broken: within(entryOfBo(utf8('slot')), entryOfBo(undefined)),
    repaired: within(entryOfBo(utf8('slot')), entryOfBo(utf8('slot'))),
  },
  {
    rule: 'join-tagged',
    title: 'a member gets one that he did not come by',
    broken: within(() => {}, entryOfBo(utf8('slot'))),
    repaired: within(
      () => {},
      () => {},
    ),
  },
];
