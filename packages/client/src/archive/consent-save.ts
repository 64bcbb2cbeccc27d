/** A decision about a conversation or an inbox, as archives and device sync carry it (libxmtp 1.10.0, `ConsentSave`). */
import { type ConsentSave, ConsentSaveSchema, ConsentStateSave, ConsentTypeSave, create } from '@conclave/proto';
import type { ConsentRecord } from '../store/consent.js';

const STATES = {
  unknown: ConsentStateSave.UNKNOWN,
  allowed: ConsentStateSave.ALLOWED,
  denied: ConsentStateSave.DENIED,
} as const;
const ENTITIES = { conversation: ConsentTypeSave.CONVERSATION_ID, inbox: ConsentTypeSave.INBOX_ID } as const;
/** Group ids and inbox ids are hexadecimal; deployed clients name groups by 32 characters and inboxes by 64. */
const ENTITY = /^(?:[0-9a-f]{2}){1,64}$/;

/** The record as it travels. */
export function toConsentSave({ entityType, entity, state, consentedAtNs }: ConsentRecord): ConsentSave {
  return create(ConsentSaveSchema, {
    entityType: ENTITIES[entityType],
    state: STATES[state],
    entity,
    consentedAtNs,
  });
}

/** Undefined for what is no decision: an address of old clients, a state that is not known here. */
export function fromConsentSave({ entityType, state, entity, consentedAtNs }: ConsentSave): ConsentRecord | undefined {
  const type = nameOf(ENTITIES, entityType);
  const name = nameOf(STATES, state);
  if (type === undefined || name === undefined || !ENTITY.test(entity)) return undefined;
  return { entityType: type, entity, state: name, consentedAtNs };
}

function nameOf<Name extends string>(numbers: Readonly<Record<Name, number>>, number: number): Name | undefined {
  return (Object.keys(numbers) as Name[]).find((name) => numbers[name] === number);
}
