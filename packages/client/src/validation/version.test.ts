import { describe, expect, it } from 'vitest';
import { ATTRIBUTE } from '../payloads/mutable-metadata.js';
import {
  checkProtocolVersion,
  compareProtocolVersions,
  OWN_PROTOCOL_VERSION,
  type ProtocolVersion,
  parseProtocolVersion,
  pausedForVersion,
} from './version.js';

describe('the version gate', () => {
  it('orders versions as the deployed client does', () => {
    // A suffix makes a version newer, unlike semantic versioning; what follows a second dash is ignored.
    const ascending = ['0.0.0', '0.9.10', '1.9.99', '1.10.0', '1.10.0-dev', '1.10.0-rc1', '1.10.1', '2.0.0', '10.0.0'];
    const parsed = ascending.map((text) => parseProtocolVersion(text) as ProtocolVersion);
    parsed.forEach((a, i) => {
      parsed.forEach((b, j) => {
        expect(Math.sign(compareProtocolVersions(a, b)), `${ascending[i]} and ${ascending[j]}`).toBe(Math.sign(i - j));
      });
    });
    expect(parseProtocolVersion('1.2.3-a-b')).toEqual({ numbers: [1, 2, 3], suffix: 'a' });
    expect(parseProtocolVersion('+1.002.3')).toEqual({ numbers: [1, 2, 3] });
  });

  it.each([
    '',
    '1',
    '1.2',
    '1.2.3.4',
    '1.2.3-rc.1',
    '1..3',
    '1.2.',
    'v1.2.3',
    '1.2.-3',
    '1.2.4294967296',
    ' 1.2.3',
    '1.2.x',
  ])('does not read %j', (text) => {
    expect(parseProtocolVersion(text)).toBeUndefined();
    expect(checkProtocolVersion(text, OWN_PROTOCOL_VERSION)).toBe('malformed');
  });

  it('pauses for a newer version only', () => {
    const metadata = (version?: string) => ({
      attributes: new Map(version === undefined ? [] : [[ATTRIBUTE.minimumSupportedProtocolVersion, version]]),
      adminList: [],
      superAdminList: [],
    });
    expect(pausedForVersion(metadata('1.10.1'), OWN_PROTOCOL_VERSION)).toBe('1.10.1');
    expect(pausedForVersion(metadata('1.10.0'), OWN_PROTOCOL_VERSION)).toBeUndefined();
    expect(pausedForVersion(metadata('nonsense'), OWN_PROTOCOL_VERSION)).toBeUndefined();
    expect(pausedForVersion(metadata(), OWN_PROTOCOL_VERSION)).toBeUndefined();
  });
});
