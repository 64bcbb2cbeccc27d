/**
 * A certificate that vouches for itself, for trying: ECDSA P-256, for the names and addresses given. Browsers and clients
 * refuse it until somebody tells them to trust it, which is as it should be.
 *
 * Source: RFC 5280 (X.509), X.690 (DER).
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import type { KeyPair } from './tls-identity.js';

const DAY_MS = 24 * 3_600_000;
const SEQUENCE = 0x30;

/**
 * @param hosts names and IP addresses, at least one; the first is the common name
 * @param days how long it is valid from a day ago on
 */
export function createSelfSigned(hosts: readonly string[], days: number, now: Date = new Date()): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const algorithm = der(SEQUENCE, oid([1, 2, 840, 10045, 4, 3, 2]));
  const name = der(
    SEQUENCE,
    der(0x31, der(SEQUENCE, oid([2, 5, 4, 3]), der(0x0c, Buffer.from(hosts[0] ?? 'localhost')))),
  );
  const serial = randomBytes(16);
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40;
  const body = der(
    SEQUENCE,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, serial),
    algorithm,
    name,
    der(SEQUENCE, time(now.getTime() - DAY_MS), time(now.getTime() + days * DAY_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(SEQUENCE, subjectAltName(hosts), basicConstraints())),
  );
  const signature = der(0x03, Buffer.of(0), sign('sha256', body, privateKey));
  const lines = der(SEQUENCE, body, algorithm, signature)
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

/** RFC 5280 section 4.2.1.6: what a client compares the name with that it called. */
function subjectAltName(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) => (isIP(host) ? der(0x87, addressBytes(host)) : der(0x82, Buffer.from(host))));
  return der(SEQUENCE, oid([2, 5, 29, 17]), der(0x04, der(SEQUENCE, ...names)));
}

/** RFC 5280 section 4.2.1.9: its own authority, so that it can be trusted by itself. */
function basicConstraints(): Buffer {
  return der(
    SEQUENCE,
    oid([2, 5, 29, 19]),
    der(0x01, Buffer.of(0xff)),
    der(0x04, der(SEQUENCE, der(0x01, Buffer.of(0xff)))),
  );
}

function der(tag: number, ...contents: Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.of(tag, ...head), content]);
}

function oid([first = 0, second = 0, ...rest]: readonly number[]): Buffer {
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 0x7f];
    for (let more = part >> 7; more > 0; more >>= 7) groups.unshift((more & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return der(0x06, Buffer.from(bytes));
}

/** GeneralizedTime; RFC 5280 wants UTCTime before 2050 only, and every reader takes both. */
function time(ms: number): Buffer {
  const date = new Date(ms);
  const digits = date.toISOString().replace(/\D/g, '').slice(0, 14);
  return date.getUTCFullYear() < 2050
    ? der(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : der(0x18, Buffer.from(`${digits}Z`));
}

/** 4 or 16 bytes. */
function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const middle = address.includes('::') ? new Array<string>(8 - left.length - right.length).fill('0') : [];
  return Buffer.from(
    [...left, ...middle, ...right].flatMap((group) => [
      Number.parseInt(group, 16) >> 8,
      Number.parseInt(group, 16) & 255,
    ]),
  );
}
