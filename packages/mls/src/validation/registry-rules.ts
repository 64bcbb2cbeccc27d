/** Rules on registered types: extensions, credentials and proposals beyond those of RFC 9420 (sections 5.3, 12.2, 13). */
import type { Rule } from './rule.js';

/** The documents that define types which RFC 9420 does not have. */
const DRAFT = 'draft-ietf-mls-extensions';

/** Rules on registered types. */
export const REGISTRY_RULES = {
  'credential-content': {
    section: '5.3',
    sentence: 'A credential of a known type has content of that type.',
  },
  'proposal-type-supported': {
    section: '12.2',
    sentence: 'Every member that goes on lists the type of each proposal that is not one of RFC 9420.',
  },
  'proposal-by-reference': {
    section: DRAFT,
    sentence: 'A proposal of a type that commits only name by reference is not in a commit by value.',
  },
  'proposal-public': {
    section: DRAFT,
    sentence: 'A proposal of a type that joiners have to read is sent as a PublicMessage.',
  },
  'custom-proposal': {
    section: '12.2',
    sentence: 'The proposals of a registered type pass the check of its definition.',
  },
  'custom-extension': {
    section: '13.4',
    sentence: 'A change of an extension of a registered type passes the check of its definition.',
  },
  'app-data-component': {
    section: DRAFT,
    sentence: 'An app_data_update proposal names a component that the application knows.',
  },
  'app-data-operations': {
    section: DRAFT,
    sentence: 'A commit either updates the data of a component or removes them once.',
  },
  'app-data-removal': {
    section: DRAFT,
    sentence: 'An app_data_update proposal removes only data that are there.',
  },
  'app-data-update': {
    section: DRAFT,
    sentence: 'The application accepts the updates of a component.',
  },
  'app-data-after-context-extensions': {
    section: DRAFT,
    sentence: 'In a commit, app_data_update proposals come after group_context_extensions.',
  },
  'app-data-by-update': {
    section: DRAFT,
    sentence: 'Where app_data_update is required of members, nothing else changes the app_data_dictionary.',
  },
} as const satisfies Readonly<Record<string, Rule>>;
