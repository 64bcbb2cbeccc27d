/** Recordings of the real client, `vectors/xmtp-wire/groups-1.10.0.json`; bytes are hex. */
import { readFileSync } from 'node:fs';

/** A recorded group context. */
export interface RecordedContext {
  readonly group_id: string;
  readonly group_context_extensions: readonly { readonly type: string; readonly data: string }[];
}

/** The parts that this package reads. */
export interface WireVectors {
  readonly key_package: string;
  readonly welcome_xwing: {
    readonly welcome_message_input: string;
    readonly xwing_private_seed: string;
    readonly xwing_public_key: string;
    readonly welcome_plaintext: string;
    readonly metadata_plaintext: string;
  };
  readonly welcome_pointer: {
    readonly pointer_message_input: string;
    readonly pointer_plaintext: string;
    readonly destination: string;
    readonly pointee_message_input: string;
    readonly welcome_plaintext: string;
    readonly metadata_plaintext: string;
  };
  readonly group_contexts: Readonly<Record<'group_default' | 'dm' | 'group_admin_only', RecordedContext>>;
  readonly message: {
    readonly group_id: string;
    readonly plaintext_envelope: string;
    readonly content: string;
    readonly idempotency_key: string;
    readonly message_id: string;
    readonly mls_message: string;
    readonly hmac: {
      readonly root_key: string;
      readonly epoch: number;
      readonly key: string;
      readonly sender_hmac: string;
    };
  };
  readonly group_updated: readonly {
    readonly encoded_content: string;
    readonly message_id: string;
    readonly envelope_created_ns: string;
  }[];
  readonly ids: { readonly creator_inbox: string; readonly other_inbox: string; readonly dm_id: string };
}

/** Reads the recordings. */
export function wireVectors(): WireVectors {
  const url = new URL('../../../vectors/xmtp-wire/groups-1.10.0.json', import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as WireVectors;
}
