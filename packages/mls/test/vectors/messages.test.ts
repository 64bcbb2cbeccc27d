import { decodeTls, encodeTls, type TlsReader, type TlsWriter, toHex } from '@conclave/crypto';
import { expect, it } from 'vitest';
import { readMlsMessage, writeMlsMessage } from '../../src/framing/mls-message.js';
import { readCommit, writeCommit } from '../../src/group/commit.js';
import { readProposal, writeProposal } from '../../src/group/proposal.js';
import { readGroupSecrets, writeGroupSecrets } from '../../src/group/welcome.js';
import { RatchetTree } from '../../src/tree/ratchet-tree.js';
import { describeVectors, hex, suiteOf } from './vectors.testkit.js';

function recode<T>(bytes: string, read: (reader: TlsReader) => T, write: (writer: TlsWriter, value: T) => void) {
  return toHex(encodeTls(decodeTls(hex(bytes), read), write));
}

const MESSAGES = [
  'mls_welcome',
  'mls_group_info',
  'mls_key_package',
  'public_message_application',
  'public_message_proposal',
  'public_message_commit',
  'private_message',
];

/** Proposals by field name, with the type that the files leave out. */
const PROPOSALS = {
  add_proposal: '0001',
  update_proposal: '0002',
  remove_proposal: '0003',
  pre_shared_key_proposal: '0004',
  re_init_proposal: '0005',
  external_init_proposal: '0006',
  group_context_extensions_proposal: '0007',
};

describeVectors<Record<string, string> & { cipher_suite?: never }>('messages', (cases) => {
  it('decodes and encodes again every structure to the same bytes', () => {
    for (const vector of cases) {
      for (const field of MESSAGES) {
        expect(recode(vector[field] as string, readMlsMessage, writeMlsMessage), field).toBe(vector[field]);
      }
      for (const [field, type] of Object.entries(PROPOSALS)) {
        const bytes = type + vector[field];
        expect(recode(bytes, readProposal, writeProposal), field).toBe(bytes);
      }
      expect(recode(vector.commit as string, readCommit, writeCommit)).toBe(vector.commit);
      const tree = RatchetTree.fromExtension(suiteOf({ cipher_suite: 3 }), hex(vector.ratchet_tree as string));
      expect(toHex(tree.encodeExtension())).toBe(vector.ratchet_tree);
      const secrets = vector.group_secrets as string;
      expect(recode(secrets, readGroupSecrets, writeGroupSecrets)).toBe(secrets);
    }
  });
});
