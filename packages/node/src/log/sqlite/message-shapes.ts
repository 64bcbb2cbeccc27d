/** What differs between group_messages and welcome_messages: their columns, and how a row becomes an entry again. */
import { EMPTY_BYTES } from '@conclave/crypto';
import type { SqlValue } from '@conclave/sqlite';
import type { MessageEntry, TopicKind } from '../log.js';

/** The byte columns of a row; those that its table has not are empty. */
export interface RowParts {
  readonly data: Uint8Array;
  /** HMAC of a group message, HPKE key of a welcome. */
  readonly second: Uint8Array;
  readonly welcomeMetadata: Uint8Array;
}

/** One of the two tables. */
export interface MessageShape {
  readonly kind: TopicKind;
  readonly table: string;
  readonly topicColumn: string;
  /** Columns besides id, time and hash, in the order of `values`. */
  readonly columns: readonly string[];
  /** What pruning leaves alone, as a condition. */
  readonly keeps: string;
  /** Two numbers of a row as expressions: below 2^8, below 2^32. */
  readonly flags: string;
  readonly algorithm: string;
  /** The columns of `RowParts`, in its order. */
  readonly parts: readonly string[];
  values(entry: MessageEntry): SqlValue[];
  entry(topic: Uint8Array, flags: number, algorithm: number, parts: RowParts): MessageEntry;
}

/** Group messages. */
export const GROUP_SHAPE: MessageShape = {
  kind: 'group',
  table: 'group_messages',
  topicColumn: 'group_id',
  keeps: 'is_commit = 1',
  columns: ['group_id', 'is_commit', 'should_push', 'sender_hmac', 'data'],
  flags: 'm.is_commit * 2 + m.should_push',
  algorithm: '0',
  parts: ['data', 'sender_hmac'],
  values: (e) => (e.kind === 'group' ? [e.topic, Number(e.isCommit), Number(e.shouldPush), e.senderHmac, e.data] : []),
  entry: (topic, flags, _algorithm, { data, second }) => ({
    kind: 'group',
    topic,
    data,
    senderHmac: second,
    shouldPush: (flags & 1) !== 0,
    isCommit: (flags & 2) !== 0,
  }),
};

/** Welcomes and welcome pointers. */
export const WELCOME_SHAPE: MessageShape = {
  kind: 'welcome',
  table: 'welcome_messages',
  topicColumn: 'installation_key',
  keeps: 'FALSE',
  columns: ['installation_key', 'is_pointer', 'wrapper_algorithm', 'welcome_metadata', 'hpke_public_key', 'data'],
  flags: 'm.is_pointer',
  algorithm: 'm.wrapper_algorithm',
  parts: ['data', 'hpke_public_key', 'welcome_metadata'],
  values: (e) =>
    e.kind === 'welcome'
      ? [e.topic, Number(e.form === 'pointer'), e.wrapperAlgorithm, e.welcomeMetadata, e.hpkePublicKey, e.data]
      : [],
  entry: (topic, flags, wrapperAlgorithm, { data, second, welcomeMetadata }) => ({
    kind: 'welcome',
    topic,
    form: flags === 0 ? 'v1' : 'pointer',
    data,
    hpkePublicKey: second,
    wrapperAlgorithm,
    welcomeMetadata,
  }),
};

/** What a table without a third part has in its place. */
export const NO_PART = EMPTY_BYTES;
