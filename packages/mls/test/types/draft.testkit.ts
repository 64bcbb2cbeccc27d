/** Members that know the types of the extensions draft. */
import {
  APP_DATA_DICTIONARY,
  type AppDataComponents,
  type AppDataUpdate,
  appDataUpdateDefinition,
  customProposal,
  type MlsConfig,
  type Proposal,
  type ProposalDefinition,
  RFC_POLICY,
  SELF_REMOVE,
  STANDARD_TYPES,
  type ValidationPolicy,
  withTypes,
} from '../../src/index.js';
import { CAPABILITIES, change, Member } from '../scenario/members.testkit.js';

/** Components below 0x8100; an update is appended to the data, and an empty one is refused. */
export const COMPONENTS: AppDataComponents = {
  knows: (componentId) => componentId >= 0x8000 && componentId < 0x8100,
  update: ({ before = new Uint8Array(0), updates }) => {
    if (updates.some((update) => update.length === 0)) return undefined;
    return Uint8Array.from([...before, ...updates.flatMap((update) => [...update])]);
  },
};

/** A policy with the draft's types, and others. */
export function draftPolicy(
  base: ValidationPolicy = RFC_POLICY,
  components: AppDataComponents = COMPONENTS,
  others: readonly ProposalDefinition[] = [],
): ValidationPolicy {
  const proposals = [SELF_REMOVE, appDataUpdateDefinition(components), ...others];
  return withTypes(base, STANDARD_TYPES.with({ extensions: [APP_DATA_DICTIONARY], proposals }));
}

export class DraftMember extends Member {
  override readonly capabilities = {
    ...CAPABILITIES,
    extensions: [...CAPABILITIES.extensions, 0x0006, 0xf0aa],
    proposals: [7, 0x0008, 0x000a, 0xf0ab],
  };

  constructor(name: string, config: Partial<MlsConfig> = {}) {
    super(name, { policy: draftPolicy(), acceptOutsiders: true, ...config });
  }
}

export function draftGroup(count: number, config: Partial<MlsConfig> = {}): DraftMember[] {
  const alice = new DraftMember('alice', config).create();
  const others = Array.from({ length: count - 1 }, (_, i) => new DraftMember(`m${i}`, config));
  change(alice, [], [], others);
  return [alice, ...others];
}

const APP_DATA_UPDATE = appDataUpdateDefinition(COMPONENTS);

export function appData(content: AppDataUpdate): Proposal {
  return customProposal(APP_DATA_UPDATE, content);
}

export const update = (componentId: number, ...bytes: number[]): Proposal =>
  appData({ componentId, op: 'update', update: Uint8Array.from(bytes) });
export const remove = (componentId: number): Proposal => appData({ componentId, op: 'remove' });
export const leave = (): Proposal => customProposal(SELF_REMOVE, {});
