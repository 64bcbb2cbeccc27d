/**
 * Scripts: what a few actors do in one group, told without saying which implementation plays whom. The scenarios are
 * those of the working group's interop scripts (github.com/mlswg/mls-implementations, folder interop/configs), told
 * anew in this format. README.md explains it by example.
 */
import { readFileSync } from 'node:fs';
import type { Extension } from '../../src/index.js';
import type { Feature } from './peer.testkit.js';

/** A proposal in a script. `add` names a `key-package` step, `externalPsk` a `psk` step. */
export type ScriptProposal =
  | { readonly add: string }
  | { readonly remove: string }
  | { readonly externalPsk: string }
  | { readonly resumptionPsk: number }
  | { readonly extensions: readonly ScriptExtension[] }
  | { readonly update: true };

/** Extension of a GroupContext; `data` in hex. */
export interface ScriptExtension {
  readonly type: number;
  readonly data: string;
}

/** What the group is after a ReInit, or what branches off; the rest stays as it is. */
export interface Successor {
  readonly otherGroupId?: boolean;
  readonly otherSuite?: boolean;
  readonly extensions?: readonly ScriptExtension[];
  readonly forcePath?: boolean;
  readonly treeApart?: boolean;
}

/** One step. `as` names what it makes for later steps. */
export type Step =
  /** A group of one, to which `members` are added at once. */
  | { readonly do: 'create'; readonly by: string; readonly members?: readonly string[] }
  | { readonly do: 'key-package'; readonly by: string; readonly as: string }
  | { readonly do: 'psk'; readonly for: readonly string[]; readonly as: string }
  /** Everybody in the group receives it. */
  | { readonly do: 'propose'; readonly by: string; readonly proposal: ScriptProposal }
  /** Commits what was proposed, and `proposals`. Everybody follows, newcomers join. */
  | {
      readonly do: 'commit';
      readonly by: string;
      readonly proposals?: readonly ScriptProposal[];
      readonly joiners?: readonly string[];
      readonly forcePath?: boolean;
      readonly treeApart?: boolean;
    }
  | { readonly do: 'send'; readonly by: string; readonly text: string; readonly aad: string; readonly as: string }
  | { readonly do: 'read'; readonly by: string; readonly message: string }
  | {
      readonly do: 'external-join';
      /** Names of `psk` steps. */
      readonly psks?: readonly string[];
      readonly by: string;
      readonly through: string;
      readonly treeApart?: boolean;
      readonly resync?: boolean;
    }
  /** Somebody outside proposes to be added. */
  | { readonly do: 'propose-own-addition'; readonly by: string; readonly through: string }
  /** A member commits to admitting somebody as an external sender. */
  | { readonly do: 'admit-sender'; readonly by: string; readonly sender: string }
  | {
      readonly do: 'propose-from-outside';
      readonly by: string;
      readonly through: string;
      readonly proposal: ScriptProposal | { readonly reinit: Successor };
    }
  /** Proposal, commit and the new group, in which everybody goes on. Without a proposer it was proposed from outside. */
  | ({
      readonly do: 'reinit';
      readonly proposer?: string;
      readonly committer: string;
      readonly welcomer: string;
    } & Successor)
  | ({ readonly do: 'branch'; readonly by: string; readonly members: readonly string[] } & Successor);

/** Steps in their order. */
export type Script = readonly Step[];

/** The scripts of one file of `scripts/`, by name. */
export function loadScripts(file: string): Readonly<Record<string, Script>> {
  return JSON.parse(readFileSync(new URL(`./scripts/${file}.json`, import.meta.url), 'utf8')).scripts;
}

/** The names of all who act, in order of their first appearance. */
export function actorsOf(script: Script): string[] {
  const names = script.flatMap((step) => [
    ...('by' in step ? [step.by] : []),
    ...('members' in step ? (step.members ?? []) : []),
    ...('joiners' in step ? (step.joiners ?? []) : []),
    ...('for' in step ? step.for : []),
    ...('sender' in step ? [step.sender] : []),
    ...(step.do === 'reinit' ? [step.committer, step.welcomer, ...(step.proposer ? [step.proposer] : [])] : []),
  ]);
  return [...new Set(names)];
}

/** Something that an actor must be able to do; `everybody` for all members. */
export type Requirement = readonly [actor: string, feature: Feature];
export const EVERYBODY = 'everybody';

function requirementsOfProposals(step: Step): Requirement[] {
  const author = 'by' in step ? step.by : EVERYBODY;
  const proposals = [
    ...('proposal' in step ? [step.proposal] : []),
    ...('proposals' in step ? (step.proposals ?? []) : []),
  ];
  return proposals.flatMap((proposal): Requirement[] => {
    if ('update' in proposal) return [[author, 'update-proposal']];
    if ('externalPsk' in proposal) return [[EVERYBODY, 'external-psk']];
    if ('resumptionPsk' in proposal) return [[EVERYBODY, 'resumption-psk']];
    if ('reinit' in proposal) return [[EVERYBODY, 'reinit']];
    if (!('extensions' in proposal)) return [];
    const isEmpty = proposal.extensions.length === 0;
    return isEmpty ? [[EVERYBODY, 'clear-context-extensions']] : [];
  });
}

/** Features that one step needs. Who commits GroupContextExtensions is found by `requirementsOf`. */
function requirementsOfStep(step: Step): Requirement[] {
  switch (step.do) {
    case 'commit':
      return [
        ...(step.forcePath ? [[step.by, 'forced-path'] as const] : []),
        ...(step.treeApart ? [[step.by, 'welcome-without-tree'] as const] : []),
      ];
    case 'external-join':
      return [
        [step.by, 'external-join'],
        ...(step.psks ? [[step.by, 'external-join-psk'] as const] : []),
        [step.through, 'publish-group-info'],
        [EVERYBODY, 'follow-external-join'],
      ];
    case 'propose-own-addition':
      return [
        [step.by, 'new-member-proposal'],
        [step.through, 'publish-group-info'],
        [EVERYBODY, 'follow-new-member-proposal'],
      ];
    case 'admit-sender':
      return [
        [step.by, 'commit-context-extensions'],
        [EVERYBODY, 'external-senders'],
      ];
    case 'propose-from-outside':
      return [
        [step.by, 'external-sender-proposal'],
        [step.through, 'publish-group-info'],
        [EVERYBODY, 'follow-external-sender-proposal'],
      ];
    case 'reinit':
    case 'branch': {
      const author = step.do === 'branch' ? step.by : step.welcomer;
      return [
        [EVERYBODY, step.do],
        ...(step.forcePath ? [[author, 'forced-path'] as const] : []),
        ...(step.treeApart ? [[author, 'welcome-without-tree'] as const] : []),
      ];
    }
    default:
      return [];
  }
}

type AnyProposal = ScriptProposal | { readonly reinit: Successor };
const changesExtensions = (proposal: AnyProposal) => 'extensions' in proposal;
const needsPathItself = (proposal: AnyProposal) => 'remove' in proposal || 'update' in proposal;

/** All that a script asks of its actors. */
export function requirementsOf(script: Script): Requirement[] {
  const requirements: Requirement[] = [];
  let pending: AnyProposal[] = [];
  for (const step of script) {
    requirements.push(...requirementsOfStep(step), ...requirementsOfProposals(step));
    if ('proposal' in step) pending.push(step.proposal);
    if (step.do !== 'commit') continue;
    const committed = [...pending, ...(step.proposals ?? [])];
    pending = [];
    if (!committed.some(changesExtensions)) continue;
    requirements.push([step.by, 'commit-context-extensions']);
    if (step.forcePath || committed.some(needsPathItself)) {
      requirements.push([step.by, 'commit-context-extensions-with-path']);
    }
  }
  return requirements;
}

/** Extensions in the engine's form. */
export function toExtensions(extensions: readonly ScriptExtension[] = []): Extension[] {
  return extensions.map(({ type, data }) => ({ type, data: Uint8Array.from(Buffer.from(data, 'hex')) }));
}
