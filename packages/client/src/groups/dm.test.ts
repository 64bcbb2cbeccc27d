import { describe, expect, it } from 'vitest';
import { wireVectors } from '../wire-vectors.testkit.js';
import { dmId, dmMembersOf, dmPeer } from './dm.js';

const { ids } = wireVectors();

describe('direct messages', () => {
  it('have the id of the real client, whoever created them', () => {
    expect(dmId(dmMembersOf(ids.creator_inbox, ids.other_inbox))).toBe(ids.dm_id);
    expect(dmId(dmMembersOf(ids.other_inbox, ids.creator_inbox))).toBe(ids.dm_id);
    expect(dmId(dmMembersOf(ids.other_inbox.toUpperCase(), ids.creator_inbox))).toBe(ids.dm_id);
  });

  it('have a peer for each side', () => {
    const members = dmMembersOf('a', 'b');
    expect(members).toEqual({ one: 'a', two: 'b' });
    expect([dmPeer(members, 'a'), dmPeer(members, 'b'), dmPeer(dmMembersOf('a', 'a'), 'a')]).toEqual(['b', 'a', 'a']);
    expect(() => dmPeer(members, 'c')).toThrow(expect.objectContaining({ code: 'client/not-a-member' }));
  });
});
