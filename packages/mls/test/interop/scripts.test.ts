/**
 * Every script between every two implementations, in one of two settings, in all four where CONCLAVE_LONG is set. What a
 * cast cannot play is not run; the output ends with a list of it and of the reasons.
 */
import { openBrowserCrypto } from '@conclave/crypto/browser';
import { nodeCrypto } from '@conclave/crypto/node';
import { afterAll, describe, expect, it } from 'vitest';
import { conclave } from './conclave-peer.testkit.js';
import { deepRandomScript } from './deep-random.testkit.js';
import type { Implementation, PeerOptions } from './peer.testkit.js';
import { Programme } from './programme.testkit.js';
import { alternating, type Cast, play, whyNot } from './run-script.testkit.js';
import { actorsOf, loadScripts } from './script.testkit.js';
import { tsMls } from './ts-mls/ts-mls-peer.testkit.js';

const FILES = ['welcome-join', 'application', 'commit', 'external-join', 'external-proposals', 'branch', 'reinit'];
const standIn = conclave(nodeCrypto);
const IMPLEMENTATIONS = [standIn, conclave(await openBrowserCrypto()), tsMls];

const SETTINGS: readonly Omit<PeerOptions, 'name'>[] = [
  { suite: 0x0003, handshake: 'private' },
  { suite: 0x0001, handshake: 'public' },
  { suite: 0x0001, handshake: 'private' },
  { suite: 0x0003, handshake: 'public' },
];
/** By turns, so that each implementation meets the others in both suites, encrypted and in the clear. */
const settingsOf = (pair: number) => (process.env.CONCLAVE_LONG ? SETTINGS : SETTINGS.slice(pair % 2, (pair % 2) + 1));

const pairs = IMPLEMENTATIONS.flatMap((first) => IMPLEMENTATIONS.map((second) => [first, second] as const));
const nameOf = ([first, second]: readonly [Implementation, Implementation]) => `${first.name} with ${second.name}`;
const programme = new Programme(pairs.map(nameOf));
afterAll(() => {
  process.stdout.write(programme.text());
});

describe.each(pairs.map((pair, index) => ({ pair, index, title: nameOf(pair) })))(
  '$title',
  ({ pair, index, title }) => {
    for (const file of FILES) {
      for (const [name, script] of Object.entries(loadScripts(file))) {
        const cast = alternating(script, pair);
        const playable = settingsOf(index).filter(({ handshake }) => {
          const reason = whyNot(script, cast, handshake);
          if (reason !== undefined) programme.addNotPlayed(title, `${file}: ${name}`, reason);
          return reason === undefined;
        });
        if (playable.length === 0) continue;
        it(`${file}: ${name}`, async () => {
          for (const setting of playable) await play(script, cast, setting);
          programme.addPlayed(title, playable.length);
        });
      }
    }
  },
);

describe('deep random scripts', () => {
  const isLong = process.env.CONCLAVE_LONG !== undefined;
  const seed = isLong ? Math.floor(Math.random() * 2 ** 31) : 20260101;
  const size = isLong
    ? { commits: 40, firstMembers: 20, maximumMembers: 50 }
    : { commits: 8, firstMembers: 5, maximumMembers: 12 };
  it.each(pairs.map((pair) => ({ pair, title: nameOf(pair) })))(
    `seed ${seed}, $title`,
    async ({ pair }) => {
      const everything = pair.every(({ features }) => Object.values(features).every((support) => support === true));
      const script = deepRandomScript({ seed, everything, ...size });
      const planned = alternating(script, pair);
      const first = actorsOf(script).slice(0, size.firstMembers);
      // Whoever joins meets a tree with leaves that some of the nodes above have merged and others not.
      const cast: Cast = (actor) => {
        const isAble = first.includes(actor) || planned(actor).features['join-uneven-tree'] === true;
        return isAble ? planned(actor) : standIn;
      };
      expect(whyNot(script, cast, 'private')).toBeUndefined();
      await play(script, cast, { suite: 0x0003, handshake: 'private' });
    },
    600_000,
  );
});

it('every pair plays welcomes, messages and commits', () => {
  for (const pair of pairs) expect(programme.played(nameOf(pair)), nameOf(pair)).toBeGreaterThan(10);
});
