/** The extension, proposal and credential types that a group's policy knows, by number (RFC 9420 sections 13 and 17). */

import { isDefaultProposal } from '../code-points.js';
import { MlsError } from '../errors.js';
import type { CredentialDefinition, ExtensionDefinition, ProposalDefinition } from './definitions.js';

/** Definitions to be registered. */
export interface TypeDefinitions {
  readonly extensions?: readonly ExtensionDefinition[];
  readonly proposals?: readonly ProposalDefinition[];
  readonly credentials?: readonly CredentialDefinition[];
}

function byType<T extends { readonly type: number }>(definitions: readonly T[] = []): Map<number, T> {
  return new Map(definitions.map((definition) => [definition.type, definition]));
}

/** An immutable set of definitions. Types that are not in it are carried where RFC 9420 allows it and mean nothing. */
export class TypeRegistry {
  readonly #extensions: ReadonlyMap<number, ExtensionDefinition>;
  readonly #proposals: ReadonlyMap<number, ProposalDefinition>;
  readonly #credentials: ReadonlyMap<number, CredentialDefinition>;

  /**
   * @param definitions - a later definition of a number replaces an earlier one
   * @throws MlsError `mls/invalid-argument` for a proposal type of RFC 9420, whose effects are the engine itself
   */
  constructor(definitions: TypeDefinitions) {
    for (const { type } of definitions.proposals ?? []) {
      if (isDefaultProposal(type)) throw new MlsError('mls/invalid-argument', { proposalType: type });
    }
    this.#extensions = byType(definitions.extensions);
    this.#proposals = byType(definitions.proposals);
    this.#credentials = byType(definitions.credentials);
  }

  /** These definitions and others, as a new registry. @throws MlsError `mls/invalid-argument` */
  with({ extensions = [], proposals = [], credentials = [] }: TypeDefinitions): TypeRegistry {
    return new TypeRegistry({
      extensions: [...this.#extensions.values(), ...extensions],
      proposals: [...this.#proposals.values(), ...proposals],
      credentials: [...this.#credentials.values(), ...credentials],
    });
  }

  extension(type: number): ExtensionDefinition | undefined {
    return this.#extensions.get(type);
  }

  proposal(type: number): ProposalDefinition | undefined {
    return this.#proposals.get(type);
  }

  credential(type: number): CredentialDefinition | undefined {
    return this.#credentials.get(type);
  }

  /** In the order in which they were registered, which is the order of their effects. */
  proposals(): Iterable<ProposalDefinition> {
    return this.#proposals.values();
  }
}
