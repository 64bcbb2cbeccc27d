import { describe, expect, it } from 'vitest';
import type { IdentityUpdate } from './actions.js';
import { inboxIdOf } from './inbox-id.js';
import { signatureText } from './signature-text.js';
import { bytesOf, readVector } from './vectors.testkit.js';

interface Vector {
  readonly owner: string;
  readonly nonce: string;
  readonly clientTimestampNs: string;
  readonly linkedAddress: string;
  readonly installation: string;
  readonly newRecovery: string;
  readonly text: string;
}

const vector = readVector<Vector>('gv10-texts.json');

function updateAt(clientTimestampNs: bigint, actions: IdentityUpdate<null>['actions'] = []): IdentityUpdate<null> {
  return { inboxId: 'ab'.repeat(32), clientTimestampNs, actions };
}

function timeLineAt(clientTimestampNs: bigint): string | undefined {
  return signatureText(updateAt(clientTimestampNs)).split('\n')[3];
}

describe('signatureText', () => {
  it('is that of libxmtp for every kind of action', () => {
    const owner = { kind: 'ethereum', address: vector.owner } as const;
    const linked = { kind: 'ethereum', address: vector.linkedAddress } as const;
    const installation = { kind: 'installation', publicKey: bytesOf(vector.installation) } as const;
    const newRecovery = { kind: 'ethereum', address: vector.newRecovery } as const;
    const nonce = BigInt(vector.nonce);
    const update: IdentityUpdate<null> = {
      inboxId: inboxIdOf(owner, nonce),
      clientTimestampNs: BigInt(vector.clientTimestampNs),
      actions: [
        { kind: 'create-inbox', owner, nonce, ownerSignature: null },
        { kind: 'add-association', newMember: linked, existingMemberSignature: null, newMemberSignature: null },
        { kind: 'add-association', newMember: installation, existingMemberSignature: null, newMemberSignature: null },
        { kind: 'revoke-association', member: linked, recoverySignature: null },
        { kind: 'revoke-association', member: installation, recoverySignature: null },
        { kind: 'change-recovery-identifier', newRecoveryIdentifier: newRecovery, recoverySignature: null },
      ],
    };
    expect(signatureText(update)).toBe(vector.text);
  });

  it('words passkeys in its own way, except as recovery identifier', () => {
    const passkey = { kind: 'passkey', publicKey: Uint8Array.of(2, 1), relyingParty: 'ignored' } as const;
    const lines = signatureText(
      updateAt(0n, [
        { kind: 'add-association', newMember: passkey, existingMemberSignature: null, newMemberSignature: null },
        { kind: 'revoke-association', member: passkey, recoverySignature: null },
        { kind: 'change-recovery-identifier', newRecoveryIdentifier: passkey, recoverySignature: null },
      ]),
    ).split('\n');
    expect(lines.slice(5, 11)).toEqual([
      '- Link passkey to inbox',
      '  (Passkey: 0201)',
      '- Unlink passkey from inbox',
      '  (Passkey: 0201)',
      '- Change inbox recovery address',
      '  (Address: 0201)',
    ]);
  });

  it.each([
    [0n, '1970-01-01T00:00:00Z'],
    [999_999_999n, '1970-01-01T00:00:00Z'],
    [1_000_000_000n, '1970-01-01T00:00:01Z'],
    [1_795_250_177_931_482_111n, '2026-11-21T08:36:17Z'],
    [2n ** 63n - 1n, '2262-04-11T23:47:16Z'],
    [2n ** 63n, '1677-09-21T00:12:43Z'],
    [2n ** 64n - 1n, '1969-12-31T23:59:59Z'],
  ])('shows %s ns as %s', (timestampNs, text) => {
    expect(timeLineAt(timestampNs)).toBe(`Current time: ${text}`);
  });
});
