/**
 * AppDataUpdate (draft-ietf-mls-extensions): changes one component's data in the GroupContext without sending the rest of
 * it, and without a path. What an update means is for the component to say.
 *
 *     AppDataUpdate component_id:u16 op:u8 (1 update: update<V>; 2 remove)
 */
import { CryptoError, type TlsReader, type TlsWriter } from '@conclave/crypto';
import { EXTENSION_TYPE, PROPOSAL_TYPE } from '../code-points.js';
import type { Extension } from '../extension.js';
import type { ProposalDefinition, ProposalListPlace, SentContent } from '../registry/definitions.js';
import { type AppDataDictionary, appDataExtension, appDataOf } from './app-data-dictionary.js';

/** What is done to a component's data. */
export type AppDataUpdate =
  | { readonly componentId: number; readonly op: 'update'; readonly update: Uint8Array }
  | { readonly componentId: number; readonly op: 'remove' };

/** All updates of one component in a commit. */
export interface ComponentUpdate {
  readonly componentId: number;
  /** In the order of the commit. */
  readonly updates: readonly Uint8Array[];
  /** The component's data before the commit. */
  readonly before: Uint8Array | undefined;
  /** All components' data before the commit. */
  readonly dictionary: AppDataDictionary;
}

/** What the application knows of its components. Its answers have to be the same for all members. */
export interface AppDataComponents {
  knows(componentId: number): boolean;
  /** The component's new data; undefined when it refuses the updates. */
  update(update: ComponentUpdate): Uint8Array | undefined;
}

const OP_UPDATE = 1;
const OP_REMOVE = 2;

/** @throws CryptoError `codec/…` */
export function readAppDataUpdate(reader: TlsReader): AppDataUpdate {
  const componentId = reader.u16();
  const op = reader.u8();
  if (op === OP_UPDATE) return { componentId, op: 'update', update: reader.opaque() };
  if (op !== OP_REMOVE) throw new CryptoError('codec/invalid-value', { field: 'AppDataUpdateOperation', value: op });
  return { componentId, op: 'remove' };
}

/** Writes an AppDataUpdate. */
export function writeAppDataUpdate(writer: TlsWriter, update: AppDataUpdate): void {
  writer.u16(update.componentId);
  if (update.op === 'update') writer.u8(OP_UPDATE).opaque(update.update);
  else writer.u8(OP_REMOVE);
}

/** The definition of the proposal type over an application's components; `customProposal` makes one. */
export function appDataUpdateDefinition(components: AppDataComponents): ProposalDefinition<AppDataUpdate> {
  return {
    type: PROPOSAL_TYPE.appDataUpdate,
    name: 'app_data_update',
    requiresPath: false,
    fromExternalSender: true,
    byReferenceOnly: false,
    inExternalCommits: true,
    isPublic: false,
    read: readAppDataUpdate,
    write: writeAppDataUpdate,
    check: (proposals, place) => checkUpdates(components, proposals, place),
    changeContext: (proposals, extensions, place) => applyUpdates(components, proposals, extensions, place),
  };
}

type Sent = readonly SentContent<AppDataUpdate>[];

function checkUpdates(components: AppDataComponents, proposals: Sent, place: ProposalListPlace): void {
  const { refuse, contextExtensionsPosition } = place;
  const ops = new Map<number, 'update' | 'remove'>();
  for (const { content, position } of proposals) {
    const { componentId, op } = content;
    if (!components.knows(componentId)) refuse('app-data-component', { componentId });
    const before = ops.get(componentId);
    if (before !== undefined && (before === 'remove' || op === 'remove'))
      refuse('app-data-operations', { componentId });
    ops.set(componentId, op);
    if (contextExtensionsPosition !== undefined && position < contextExtensionsPosition) {
      refuse('app-data-after-context-extensions', { componentId });
    }
  }
}

/** The extensions with the new dictionary in place of the old one, or at the end where there was none. */
function applyUpdates(
  components: AppDataComponents,
  proposals: Sent,
  extensions: readonly Extension[],
  { refuse }: ProposalListPlace,
): readonly Extension[] {
  const dictionary = appDataOf(extensions);
  const next = new Map(dictionary);
  for (const [componentId, contents] of byComponent(proposals)) {
    const before = dictionary.get(componentId);
    const updates = contents.flatMap((content) => (content.op === 'update' ? [content.update] : []));
    if (updates.length === 0) {
      if (before === undefined) refuse('app-data-removal', { componentId });
      next.delete(componentId);
      continue;
    }
    const data = components.update({ componentId, updates, before, dictionary });
    if (data === undefined) refuse('app-data-update', { componentId });
    else next.set(componentId, data);
  }
  const extension = appDataExtension(next);
  const isThere = extensions.some(({ type }) => type === EXTENSION_TYPE.appDataDictionary);
  if (!isThere) return [...extensions, extension];
  return extensions.map((item) => (item.type === EXTENSION_TYPE.appDataDictionary ? extension : item));
}

function byComponent(proposals: Sent): Map<number, AppDataUpdate[]> {
  const groups = new Map<number, AppDataUpdate[]>();
  for (const { content } of proposals) {
    const group = groups.get(content.componentId);
    if (group === undefined) groups.set(content.componentId, [content]);
    else group.push(content);
  }
  return groups;
}
