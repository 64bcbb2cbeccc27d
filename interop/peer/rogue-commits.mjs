/**
 * What a member with a modified client can commit, and some of what it cannot. Each kind gives the messages that it sends, one after the
 * other, in a group in which it is; whether members follow is for them to say. Left out are paths of before at other nodes: deployed clients
 * differ on them among themselves, by their places in the tree.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './places.mjs';

const built = (path) => import(pathToFileURL(join(ROOT, 'packages', path)).href);
const { customProposal, encodeRequiredCapabilities, getCipherSuite, requiredCapabilitiesOf } =
  await built('mls/dist/index.js');
const { derivePathKeyPair } = await built('mls/dist/tree/path-secret.js');
const { fromHex } = await built('crypto/dist/index.js');
const { nodeCrypto } = await built('crypto/dist/node/index.js');
const { encodeMlsCredential } = await built('identity/dist/index.js');
const { changedExtensions, GroupPayloads, replaceExtension } = await built('client/dist/app-data/group-payloads.js');
const { withAttribute } = await built('client/dist/payloads/mutable-metadata.js');
const { presetPolicies } = await built('client/dist/payloads/policy-presets.js');
const { xmtpTypes } = await built('client/dist/app-data/components.js');

const suite = getCipherSuite(0x0003, nodeCrypto);
const random = (length) => crypto.getRandomValues(new Uint8Array(length));
/** An inbox that does not exist. */
const NOBODY = 'ab'.repeat(32);

const contextOf = (group) => new GroupPayloads(group.context.extensions);
const named = (group, name) => {
  const payloads = contextOf(group);
  return changedExtensions(payloads.extensions, {
    mutableMetadata: withAttribute(payloads.mutableMetadata, 'group_name', name),
  });
};
const extensionsOf = (extensions) => ({ type: 'group-context-extensions', extensions });
const commit = (group, proposals, options = {}) => group.createCommit({ proposals, random, ...options }).message;
const without = (group, type) => group.context.extensions.filter((extension) => extension.type !== type);
const changedMetadata = (group, change) => {
  const payloads = contextOf(group);
  return [
    extensionsOf(
      changedExtensions(payloads.extensions, {
        mutableMetadata: { ...payloads.mutableMetadata, ...change(payloads.mutableMetadata) },
      }),
    ),
  ];
};
const withMembership = (group, change) => {
  const { membership, extensions } = contextOf(group);
  const next = change({
    members: new Map(membership.members),
    failedInstallations: [...membership.failedInstallations],
  });
  return [extensionsOf(changedExtensions(extensions, { membership: next }))];
};
const othersOf = (group) =>
  [...group.members()].filter(({ leafIndex }) => leafIndex !== group.ownLeafIndex).map(({ leafIndex }) => leafIndex);
const reinit = (group, over = {}) => ({
  ...{ type: 'reinit', groupId: random(16), version: 1, suite: 3, extensions: group.context.extensions },
  ...over,
});
const membershipKind = (change) => (group) => [
  commit(
    group,
    withMembership(group, (m) => change(m, group) ?? m),
  ),
];

const changedRaw = (group, type, change) => [
  commit(group, [extensionsOf(replaceExtension(group.context.extensions, type, change(contextOf(group).raw(type))))]),
];
const withExtension = (type, data) => (group) => [
  commit(group, [extensionsOf([...group.context.extensions, { type, data }])]),
];
const requiring = (extensions, proposals, credentials) => (group) => {
  const data = encodeRequiredCapabilities({ extensions, proposals, credentials });
  return [commit(group, [extensionsOf(replaceExtension(group.context.extensions, 3, data))])];
};
const requiredOf = (group) => requiredCapabilitiesOf(group.context.extensions);
/** Immutable metadata: a vector with a protobuf message. */
const immutable = (change) => (group) => changedRaw(group, 0xf000, (data) => vectorOf(change(contentOfVector(data))));
const contentOfVector = (data) => data.slice(data[0] < 0x40 ? 1 : 2);
const vectorOf = (content) =>
  Uint8Array.from(
    content.length < 0x40
      ? [content.length, ...content]
      : [0x40 | (content.length >> 8), content.length & 255, ...content],
  );

/** Two commits; `next` makes of the first one's path secret and leaf key what the second draws in their place. */
function twoCommits(group, next) {
  const drawn = [];
  const recorded = (length) => {
    drawn.push(random(length));
    return drawn.at(-1).slice();
  };
  const one = group.createCommit({ proposals: [], random: recorded });
  group.merge(one.staged);
  const draws = next(drawn[0], drawn[1]);
  const two = group.createCommit({ proposals: [], random: (length) => draws.shift()?.slice() ?? random(length) });
  return [one.message, two.message];
}

/** Members as the group has them, with this person at the position that another group names. */
const withPerson = (group, { inboxId, sequenceId }, change = (m) => m) =>
  withMembership(group, (m) => {
    m.members.set(inboxId, sequenceId);
    return change(m) ?? m;
  });

/** Adding somebody with each of these key packages (`rogue-packages.mjs`), by their names. */
export function additions(packages, person) {
  const add = (make) => (group) => [
    commit(group, [{ type: 'add', keyPackage: make(group) }, ...withPerson(group, person)]),
  ];
  return Object.fromEntries(Object.entries(packages).map(([name, make]) => [name, add(make)]));
}

/**
 * The kinds, by name.
 * @param {{ inboxId: string, keyPackageOf: (installationKey: Uint8Array) => Promise<object>,
 *   stranger: { inboxId: string, installationId: string, sequenceId: bigint } }} rogue `stranger` is in none of the groups
 */
export function rogueCommits({ inboxId, keyPackageOf, stranger }) {
  const strangersPackage = () => keyPackageOf(fromHex(stranger.installationId));
  const withStranger = (group, change) => withPerson(group, stranger, change);

  return {
    'key update': (group) => [commit(group, [])],
    name: (group) => [commit(group, [extensionsOf(named(group, 'renamed'))])],
    'additional authenticated data': (group) => [commit(group, [], { aad: new Uint8Array(5) })],
    padding: (group) => [commit(group, [])],
    'in the clear': (group) => [commit(group, [])],
    'name by reference': (group) => {
      const proposal = group.createProposal({ proposal: extensionsOf(named(group, 'renamed')), random });
      return [proposal.message, commit(group, [], { includePending: [proposal.reference] })];
    },
    'removal by reference': (group) => {
      const [leafIndex] = othersOf(group);
      const proposal = group.createProposal({ proposal: { type: 'remove', leafIndex }, random });
      return [proposal.message, commit(group, [], { includePending: [proposal.reference] })];
    },
    'a proposal alone': (group) => {
      const proposal = group.createProposal({ proposal: extensionsOf(named(group, 'renamed')), random });
      return [proposal.message];
    },
    reinit: (group) => [commit(group, [reinit(group)])],
    'reinit with a path': (group) => [commit(group, [reinit(group)], { forcePath: true })],
    'reinit twice': (group) => [commit(group, [reinit(group), reinit(group)])],
    'reinit and a name': (group) => [commit(group, [reinit(group), extensionsOf(named(group, 'renamed'))])],
    'reinit to version 0': (group) => [commit(group, [reinit(group, { version: 0 })])],
    'reinit to version 7': (group) => [commit(group, [reinit(group, { version: 7 })])],
    'reinit to suite 1': (group) => [commit(group, [reinit(group, { suite: 1 })])],
    'reinit to suite 999': (group) => [commit(group, [reinit(group, { suite: 999 })])],
    'reinit without extensions': (group) => [commit(group, [reinit(group, { extensions: [] })])],
    'reinit with an unknown extension': (group) => [
      commit(group, [reinit(group, { extensions: [{ type: 0xfabc, data: random(3) }] })]),
    ],
    'reinit with malformed immutable metadata': (group) => [
      commit(group, [reinit(group, { extensions: [{ type: 0xf000, data: Uint8Array.of(7) }] })]),
    ],
    'reinit with an extension twice': (group) => [
      commit(group, [reinit(group, { extensions: [1, 2].map(() => ({ type: 0xff00, data: random(3) })) })]),
    ],
    'reinit by reference': (group) => {
      const proposal = group.createProposal({ proposal: reinit(group), random });
      return [proposal.message, commit(group, [], { includePending: [proposal.reference] })];
    },
    'external init': (group) => [commit(group, [{ type: 'external-init', kemOutput: random(32) }])],
    'pre-shared key': (group) => [
      commit(group, [{ type: 'psk', psk: { type: 'external', pskId: random(8), nonce: random(32) } }]),
    ],
    'two extension lists': (group) => [
      commit(group, [extensionsOf(named(group, 'one')), extensionsOf(named(group, 'two'))]),
    ],
    'no immutable metadata': (group) => [commit(group, [extensionsOf(without(group, 0xf000))])],
    'other immutable metadata': (group) => {
      const data = contextOf(group).raw(0xf000);
      const changed = Uint8Array.from([...data, 0x32, 0x00]);
      return [commit(group, [extensionsOf(replaceExtension(group.context.extensions, 0xf000, changed))])];
    },
    'immutable metadata that is none': (group) => [
      commit(group, [extensionsOf(replaceExtension(group.context.extensions, 0xf000, Uint8Array.of(0xff, 0xff)))]),
    ],
    'no mutable metadata': (group) => [commit(group, [extensionsOf(without(group, 0xff00))])],
    'no membership': (group) => [commit(group, [extensionsOf(without(group, 0xff01))])],
    'no permissions': (group) => [commit(group, [extensionsOf(without(group, 0xff02))])],
    'no required capabilities': (group) => [commit(group, [extensionsOf(without(group, 0x0003))])],
    'the extensions as they were': (group) => [commit(group, [extensionsOf(group.context.extensions)])],
    'the extensions in another order': (group) => [
      commit(group, [extensionsOf([...group.context.extensions].reverse())]),
    ],
    'an extension twice': (group) => [
      commit(group, [
        extensionsOf([...group.context.extensions, { type: 0xff00, data: contextOf(group).raw(0xff00) }]),
      ]),
    ],
    'an unknown extension': (group) => [
      commit(group, [extensionsOf([...group.context.extensions, { type: 0xfabc, data: new Uint8Array(3) }])]),
    ],
    'external senders': (group) => [
      commit(group, [extensionsOf([...group.context.extensions, { type: 5, data: Uint8Array.of(0) }])]),
    ],
    'an application id': (group) => [
      commit(group, [extensionsOf([...group.context.extensions, { type: 1, data: Uint8Array.of(0) }])]),
    ],
    'an app data dictionary': (group) => [
      commit(group, [extensionsOf([...group.context.extensions, { type: 6, data: Uint8Array.of(0) }])]),
    ],
    'required capabilities that nobody has': (group) => [
      commit(group, [
        extensionsOf(replaceExtension(group.context.extensions, 3, Uint8Array.of(0x02, 0xfa, 0xbc, 0x00, 0x00))),
      ]),
    ],
    'an update of app data': (group) => [
      commit(group, [
        customProposal(xmtpTypes(nodeCrypto).appDataUpdate, { componentId: 0xc001, op: 'update', update: random(3) }),
      ]),
    ],
    'removes somebody': (group) => [commit(group, [{ type: 'remove', leafIndex: othersOf(group)[0] }])],
    'another credential': (group) => [
      commit(group, [], { leaf: { credential: { type: 1, identity: encodeMlsCredential(NOBODY) } } }),
    ],
    "another member's credential": (group) => {
      const credential = group.leaf(othersOf(group)[0]).credential;
      return [commit(group, [], { leaf: { credential } })];
    },
    'a credential that is none': (group) => [
      commit(group, [], { leaf: { credential: { type: 1, identity: Uint8Array.of(0xff) } } }),
    ],
    'a leaf that can do nothing': (group) => {
      const { capabilities } = group.leaf(group.ownLeafIndex);
      return [commit(group, [], { leaf: { capabilities: { ...capabilities, extensions: [], proposals: [] } } })];
    },
    'a leaf that can do all': (group) => {
      const { capabilities } = group.leaf(group.ownLeafIndex);
      const extensions = [...capabilities.extensions, 0xfabc, 0xfabd];
      return [commit(group, [], { leaf: { capabilities: { ...capabilities, extensions } } })];
    },
    'a leaf with an extension': (group) => {
      const { capabilities } = group.leaf(group.ownLeafIndex);
      return [
        commit(group, [], {
          leaf: {
            capabilities: { ...capabilities, extensions: [...capabilities.extensions, 0xfabc] },
            extensions: [{ type: 0xfabc, data: new Uint8Array(2) }],
          },
        }),
      ];
    },
    'a leaf with an unlisted extension': (group) => [
      commit(group, [], { leaf: { extensions: [{ type: 0xfabc, data: new Uint8Array(2) }] } }),
    ],
    'other permissions': (group) => {
      const { extensions } = contextOf(group);
      return [
        commit(group, [extensionsOf(changedExtensions(extensions, { permissions: presetPolicies('admin-only') }))]),
      ];
    },
    'makes itself admin': (group) => [
      commit(
        group,
        changedMetadata(group, (m) => ({ adminList: [...m.adminList, inboxId] })),
      ),
    ],
    'makes itself super admin': (group) => [
      commit(
        group,
        changedMetadata(group, (m) => ({ superAdminList: [...m.superAdminList, inboxId] })),
      ),
    ],
    'a super admin twice': (group) => [
      commit(
        group,
        changedMetadata(group, (m) => ({ superAdminList: [...m.superAdminList, ...m.superAdminList] })),
      ),
    ],
    'admins that are no inboxes': (group) => [
      commit(
        group,
        changedMetadata(group, (m) => ({ adminList: [...m.adminList, '', 'x'.repeat(100)] })),
      ),
    ],
    'no super admin': (group) => [
      commit(
        group,
        changedMetadata(group, () => ({ superAdminList: [] })),
      ),
    ],
    'a super admin that is nobody': (group) => [
      commit(
        group,
        changedMetadata(group, () => ({ superAdminList: [''] })),
      ),
    ],
    'an attribute of its own': (group) => [
      commit(
        group,
        changedMetadata(group, (m) => ({ attributes: new Map([...m.attributes, ['colour', 'blue']]) })),
      ),
    ],
    'an attribute without a name': (group) => [
      commit(
        group,
        changedMetadata(group, (m) => ({ attributes: new Map([...m.attributes, ['', 'blue']]) })),
      ),
    ],
    'no attributes': (group) => [
      commit(
        group,
        changedMetadata(group, () => ({ attributes: new Map() })),
      ),
    ],
    'a long name': (group) => [commit(group, [extensionsOf(named(group, 'é'.repeat(51)))])],
    'a name of full length': (group) => [commit(group, [extensionsOf(named(group, 'é'.repeat(50)))])],
    'a minimum version that is none': (group) => [
      commit(
        group,
        changedMetadata(group, (m) => ({
          attributes: new Map([...m.attributes, ['minimum_supported_protocol_version', 'one']]),
        })),
      ),
    ],
    'a minimum version of long ago': (group) => [
      commit(
        group,
        changedMetadata(group, (m) => ({
          attributes: new Map([...m.attributes, ['minimum_supported_protocol_version', '1.0.0']]),
        })),
      ),
    ],
    'disappearing in a word': (group) => [
      commit(
        group,
        changedMetadata(group, (m) => ({
          attributes: new Map([
            ...m.attributes,
            ['message_disappear_in_ns', 'soon'],
            ['message_disappear_from_ns', '-5'],
          ]),
        })),
      ),
    ],
    'leaves the membership, keeps its leaf': membershipKind((m) => void m.members.delete(inboxId)),
    'puts somebody out of the membership only': membershipKind((m) => {
      const [other] = [...m.members.keys()].filter((member) => member !== inboxId);
      m.members.delete(other);
    }),
    'an inbox that does not exist': membershipKind((m) => void m.members.set(NOBODY, 5n)),
    'an inbox at position 0': membershipKind((m) => void m.members.set(NOBODY, 0n)),
    'a member that is no inbox': membershipKind((m) => void m.members.set('nobody', 5n)),
    'its own position of the future': membershipKind(
      (m) => void m.members.set(inboxId, m.members.get(inboxId) + 1000n),
    ),
    "another's position of the future": membershipKind((m) => {
      const [other] = [...m.members.keys()].filter((member) => member !== inboxId);
      m.members.set(other, m.members.get(other) + 1000n);
    }),
    'its own position of the past': membershipKind((m) => void m.members.set(inboxId, m.members.get(inboxId) - 1n)),
    'failed installations that are none': membershipKind((m) => ({
      ...m,
      failedInstallations: [random(32), new Uint8Array(0), random(3)],
    })),
    'a member listed as failed': membershipKind((m, group) => ({
      ...m,
      failedInstallations: [group.leaf(othersOf(group)[0]).signatureKey],
    })),
    'a member removed and listed as failed': (group) => {
      const [leafIndex] = othersOf(group);
      const proposals = withMembership(group, (m) => ({
        ...m,
        failedInstallations: [group.leaf(leafIndex).signatureKey],
      }));
      return [commit(group, [{ type: 'remove', leafIndex }, ...proposals])];
    },
    'removes all but itself from both': (group) => [
      commit(group, [
        ...othersOf(group).map((leafIndex) => ({ type: 'remove', leafIndex })),
        ...withMembership(group, (m) => ({
          ...m,
          members: new Map([...m.members].filter(([member]) => member === inboxId)),
        })),
      ]),
    ],
    'immutable metadata with an unknown field': immutable((content) => Uint8Array.from([...content, 0x7a, 0x01, 0x41])),
    'another creator': immutable((content) => Uint8Array.from([...content, 0x1a, 0x02, 0x61, 0x62])),
    'a group becomes a DM': immutable((content) => Uint8Array.from([...content, 0x08, 0x02])),
    'a group becomes a sync group': immutable((content) => Uint8Array.from([...content, 0x08, 0x03])),
    'a group becomes a oneshot': immutable((content) => Uint8Array.from([...content, 0x08, 0x04])),
    'a group of type 9': immutable((content) => Uint8Array.from([...content, 0x08, 0x09])),
    'immutable metadata that is no protobuf': immutable(() => Uint8Array.of(0xff, 0xff, 0xff)),
    'empty immutable metadata': immutable(() => new Uint8Array(0)),
    'a ratchet tree in the context': withExtension(2, Uint8Array.of(0)),
    'a ratchet tree that is none': withExtension(2, Uint8Array.of(2, 7, 7)),
    'an external key': withExtension(4, Uint8Array.of(3, 1, 2, 3)),
    'an external key that is none': withExtension(4, Uint8Array.of(3, 1)),
    'an application id that is none': withExtension(1, Uint8Array.of(3, 1)),
    'external senders that are none': withExtension(5, Uint8Array.of(3, 1)),
    'a last resort in the context': withExtension(10, new Uint8Array(0)),
    'an extension of key packages': withExtension(0xff03, new Uint8Array(0)),
    'a GREASE extension': withExtension(0x0a0a, new Uint8Array(0)),
    'requires a last resort': (group) => {
      const data = encodeRequiredCapabilities({
        ...requiredOf(group),
        extensions: [...requiredOf(group).extensions, 10],
      });
      const extensions = replaceExtension(group.context.extensions, 3, data);
      return [commit(group, [extensionsOf([...extensions, { type: 10, data: new Uint8Array(0) }])])];
    },
    'requires no extensions': requiring([], [], []),
    'requires no permissions': (group) =>
      requiring(
        requiredOf(group).extensions.filter((type) => type !== 0xff02),
        [],
        [],
      )(group),
    'requires a proposal that nobody has': (group) => requiring(requiredOf(group).extensions, [0xfabc], [])(group),
    'requires a proposal that deployed clients do not have': (group) =>
      requiring(requiredOf(group).extensions, [0x0008], [])(group),
    'requires X.509': (group) => requiring(requiredOf(group).extensions, [], [2])(group),
    'requires a credential that nobody has': (group) => requiring(requiredOf(group).extensions, [], [0xfabc])(group),
    'requires an extension that nobody has': (group) =>
      requiring([...requiredOf(group).extensions, 0xfabc], [], [])(group),
    'requires standard types': (group) =>
      requiring([...requiredOf(group).extensions, 1, 2, 5], [1, 2, 3, 7], [1])(group),
    'mutable metadata with an unknown field': (group) =>
      changedRaw(group, 0xff00, (data) => Uint8Array.from([...data, 0x7a, 0x01, 0x41])),
    'mutable metadata that is none': (group) => changedRaw(group, 0xff00, () => Uint8Array.of(0xff, 0xff)),
    'empty mutable metadata': (group) => changedRaw(group, 0xff00, () => new Uint8Array(0)),
    'mutable metadata with a word that is no UTF-8': (group) =>
      changedRaw(group, 0xff00, (data) => Uint8Array.from([...data, 0x0a, 0x06, 0x0a, 0x01, 0xff, 0x12, 0x01, 0xff])),
    'an admin list twice': (group) => changedRaw(group, 0xff00, (data) => Uint8Array.from([...data, 0x12, 0x00])),
    'permissions with an unknown field': (group) =>
      changedRaw(group, 0xff02, (data) => Uint8Array.from([...data, 0x7a, 0x01, 0x41])),
    'permissions that are none': (group) => changedRaw(group, 0xff02, () => Uint8Array.of(0xff, 0xff)),
    'empty permissions': (group) => changedRaw(group, 0xff02, () => new Uint8Array(0)),
    'an own policy': (group) => {
      const { permissions, extensions } = contextOf(group);
      const updateMetadata = new Map([...permissions.updateMetadata, ['colour', { kind: 'base', base: 'allow' }]]);
      return [
        commit(group, [
          extensionsOf(changedExtensions(extensions, { permissions: { ...permissions, updateMetadata } })),
        ]),
      ];
    },
    'nested policies': (group) => {
      const { permissions, extensions } = contextOf(group);
      let addMember = { kind: 'base', base: 'allow' };
      for (let i = 0; i < 20; i++) addMember = { kind: i % 2 ? 'and' : 'any', policies: [addMember] };
      return [
        commit(group, [extensionsOf(changedExtensions(extensions, { permissions: { ...permissions, addMember } }))]),
      ];
    },
    'membership with an unknown field': (group) =>
      changedRaw(group, 0xff01, (data) => Uint8Array.from([...data, 0x7a, 0x01, 0x41])),
    'membership that is none': (group) => changedRaw(group, 0xff01, () => Uint8Array.of(0xff, 0xff)),
    'empty membership': (group) => changedRaw(group, 0xff01, () => new Uint8Array(0)),
    'a leaf with immutable metadata': (group) => [
      commit(group, [], { leaf: { extensions: [{ type: 0xf000, data: Uint8Array.of(0) }] } }),
    ],
    'a leaf with mutable metadata': (group) => [
      commit(group, [], { leaf: { extensions: [{ type: 0xff00, data: Uint8Array.of(0) }] } }),
    ],
    'a leaf with a last resort': (group) => [
      commit(group, [], { leaf: { extensions: [{ type: 10, data: new Uint8Array(0) }] } }),
    ],
    'a leaf with an application id that is none': (group) => [
      commit(group, [], { leaf: { extensions: [{ type: 1, data: Uint8Array.of(7) }] } }),
    ],
    'a leaf with app data that are none': (group) => {
      const { capabilities } = group.leaf(group.ownLeafIndex);
      const extensions = [...new Set([...capabilities.extensions, 6])];
      return [
        commit(group, [], {
          leaf: { capabilities: { ...capabilities, extensions }, extensions: [{ type: 6, data: Uint8Array.of(9) }] },
        }),
      ];
    },
    'a leaf for another suite': (group) => {
      const { capabilities } = group.leaf(group.ownLeafIndex);
      return [commit(group, [], { leaf: { capabilities: { ...capabilities, cipherSuites: [1] } } })];
    },
    'a leaf for no version': (group) => {
      const { capabilities } = group.leaf(group.ownLeafIndex);
      return [commit(group, [], { leaf: { capabilities: { ...capabilities, versions: [] } } })];
    },
    'a leaf for versions of old': (group) => {
      const { capabilities } = group.leaf(group.ownLeafIndex);
      return [commit(group, [], { leaf: { capabilities: { ...capabilities, versions: [1, 7, 0x0a0a] } } })];
    },
    'a leaf without credentials': (group) => {
      const { capabilities } = group.leaf(group.ownLeafIndex);
      return [commit(group, [], { leaf: { capabilities: { ...capabilities, credentials: [] } } })];
    },
    'a leaf with unknown suites and credentials': (group) => {
      const { capabilities } = group.leaf(group.ownLeafIndex);
      return [
        commit(group, [], {
          leaf: {
            capabilities: {
              ...capabilities,
              cipherSuites: [...capabilities.cipherSuites, 0xfabc],
              credentials: [...capabilities.credentials, 0xfabc],
              proposals: [...capabilities.proposals, 0xfabc],
            },
          },
        }),
      ];
    },
    'adds somebody': async (group) => [
      commit(group, [{ type: 'add', keyPackage: await strangersPackage() }, ...withStranger(group)]),
    ],
    'adds somebody after the extensions': async (group) => [
      commit(group, [...withStranger(group), { type: 'add', keyPackage: await strangersPackage() }]),
    ],
    'adds somebody without path or membership': async (group) => [
      commit(group, [{ type: 'add', keyPackage: await strangersPackage() }]),
    ],
    'adds somebody twice': async (group) => [
      commit(group, [
        { type: 'add', keyPackage: await strangersPackage() },
        { type: 'add', keyPackage: await strangersPackage() },
        ...withStranger(group),
      ]),
    ],
    'adds somebody to the membership alone': (group) => [commit(group, withStranger(group))],
    'adds somebody and renames': async (group) => {
      const [{ extensions }] = withStranger(group);
      const { mutableMetadata } = contextOf(group);
      return [
        commit(group, [
          { type: 'add', keyPackage: await strangersPackage() },
          extensionsOf(
            changedExtensions(extensions, { mutableMetadata: withAttribute(mutableMetadata, 'group_name', 'more') }),
          ),
        ]),
      ];
    },
    'adds somebody as failed': async (group) => [
      commit(group, [
        { type: 'add', keyPackage: await strangersPackage() },
        ...withStranger(group, (m) => ({ ...m, failedInstallations: [fromHex(stranger.installationId)] })),
      ]),
    ],
    'adds a member again': async (group) => {
      const { signatureKey } = group.leaf(othersOf(group)[0]);
      return [commit(group, [{ type: 'add', keyPackage: await keyPackageOf(signatureKey) }])];
    },
    'removes and adds a member': async (group) => {
      const [leafIndex] = othersOf(group);
      const { signatureKey } = group.leaf(leafIndex);
      return [
        commit(group, [
          { type: 'remove', leafIndex },
          { type: 'add', keyPackage: await keyPackageOf(signatureKey) },
        ]),
      ];
    },
    'the same path again': (group) => twoCommits(group, (path) => [path]),
    'the same path and leaf again': (group) => twoCommits(group, (path, leaf) => [path, leaf]),
    'a leaf with the key of a parent': (group) =>
      twoCommits(group, (path) => [random(32), derivePathKeyPair(suite, path.slice()).privateKey]),
    'a commit twice': (group) => {
      const message = commit(group, []);
      return [message, message];
    },
  };
}
