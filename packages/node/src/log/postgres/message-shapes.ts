/** What differs between group_messages and welcome_messages: their columns, and how a row becomes an entry again. */
import type { GroupMessageEntry, MessageEntry, TopicKind, WelcomeEntry } from '../log.js';
import { booleanList, bytesList, integerList } from './column-lists.js';

/** The columns that both tables have, but for topic and data, which statements read each in its way. */
export interface MessageRow {
  readonly id: bigint;
  readonly created_ns: bigint;
}

/** One of the two tables. */
export interface MessageShape<Entry extends MessageEntry, Row extends MessageRow> {
  readonly kind: TopicKind;
  readonly table: string;
  readonly hashTable: string;
  readonly topicColumn: string;
  /** What pruning leaves alone, as a condition. */
  readonly keeps: string;
  /** The other columns, in the order of their parameters: the type as it is sent, and the value. */
  readonly columns: readonly Column<Entry>[];
  entry(row: Row, topic: Uint8Array, data: Uint8Array): Entry;
}

/** A column as a list of one value per row. */
export interface Column<Entry> {
  readonly name: string;
  readonly type: 'bytes' | 'integer' | 'boolean';
  list(entries: readonly Entry[]): string;
}

/** A row of group_messages. */
export interface GroupRow extends MessageRow {
  readonly is_commit: boolean;
  readonly should_push: boolean;
  readonly sender_hmac: Uint8Array;
}

interface WelcomeRow extends MessageRow {
  readonly is_pointer: boolean;
  readonly wrapper_algorithm: number;
  readonly welcome_metadata: Uint8Array;
  readonly hpke_public_key: Uint8Array;
}

function bytes<Entry>(name: string, value: (entry: Entry) => Uint8Array): Column<Entry> {
  return { name, type: 'bytes', list: (entries) => bytesList(entries.map(value)) };
}

function integer<Entry>(name: string, value: (entry: Entry) => number): Column<Entry> {
  return { name, type: 'integer', list: (entries) => integerList(entries.map(value)) };
}

function boolean<Entry>(name: string, value: (entry: Entry) => boolean): Column<Entry> {
  return { name, type: 'boolean', list: (entries) => booleanList(entries.map(value)) };
}

/** Group messages. */
export const GROUP_SHAPE: MessageShape<GroupMessageEntry, GroupRow> = {
  kind: 'group',
  table: 'group_messages',
  hashTable: 'group_message_hashes',
  topicColumn: 'group_id',
  keeps: 'm.is_commit',
  columns: [
    boolean('is_commit', ({ isCommit }) => isCommit),
    boolean('should_push', ({ shouldPush }) => shouldPush),
    bytes('sender_hmac', ({ senderHmac }) => senderHmac),
    bytes('data', ({ data }) => data),
  ],
  entry: (row, topic, data) => ({
    kind: 'group',
    topic,
    data,
    senderHmac: row.sender_hmac,
    shouldPush: row.should_push,
    isCommit: row.is_commit,
  }),
};

/** Welcomes and welcome pointers. */
export const WELCOME_SHAPE: MessageShape<WelcomeEntry, WelcomeRow> = {
  kind: 'welcome',
  table: 'welcome_messages',
  hashTable: 'welcome_message_hashes',
  topicColumn: 'installation_key',
  keeps: 'FALSE',
  columns: [
    boolean('is_pointer', ({ form }) => form === 'pointer'),
    integer('wrapper_algorithm', ({ wrapperAlgorithm }) => wrapperAlgorithm),
    bytes('welcome_metadata', ({ welcomeMetadata }) => welcomeMetadata),
    bytes('hpke_public_key', ({ hpkePublicKey }) => hpkePublicKey),
    bytes('data', ({ data }) => data),
  ],
  entry: (row, topic, data) => ({
    kind: 'welcome',
    topic,
    form: row.is_pointer ? 'pointer' : 'v1',
    data,
    hpkePublicKey: row.hpke_public_key,
    wrapperAlgorithm: row.wrapper_algorithm,
    welcomeMetadata: row.welcome_metadata,
  }),
};
