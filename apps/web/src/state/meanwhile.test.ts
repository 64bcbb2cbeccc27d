import { describe, expect, it } from 'vitest';
import type { ShownMessage } from '../thread/present.js';
import { shownMessage } from '../thread/shown-message.testkit.js';
import { noteCame, noteWent, reading } from './meanwhile.js';

const message = (number: number, text = `${number}`) =>
  shownMessage(`m${number}`, number, { body: { kind: 'text', text } });

const page = (...messages: ShownMessage[]) => ({ messages, hasOlder: false, hasNewer: false });
const texts = (messages: readonly ShownMessage[]) => messages.map(({ body }) => body.kind === 'text' && body.text);

/** Reads a page and has `happens` while it is on its way. */
async function readWhile(happens: () => void, read = page(message(1), message(2))) {
  const { result, complete } = await reading('c', async () => {
    await Promise.resolve();
    happens();
    await Promise.resolve();
    return read;
  });
  return texts(complete(result, true).messages);
}

describe('pages that are being read', () => {
  it('lack nothing that came meanwhile, in the order of its time', async () => {
    expect(
      await readWhile(() => {
        noteCame('c', message(4));
        noteCame('c', message(3));
      }),
    ).toEqual(['1', '2', '3', '4']);
  });

  it('hold the newest state of what was edited meanwhile, and not what went', async () => {
    expect(
      await readWhile(() => {
        noteCame('c', message(2, 'two'));
        noteCame('c', message(2, 'too'));
        noteCame('c', message(3));
        noteWent('m1');
        noteWent('m3');
      }),
    ).toEqual(['too']);
  });

  it('take nothing from another conversation, nor from before or after', async () => {
    noteCame('c', message(3));
    expect(await readWhile(() => noteCame('d', message(4)))).toEqual(['1', '2']);
    noteCame('c', message(5));
    expect(await readWhile(() => undefined)).toEqual(['1', '2']);
  });

  it('leave to later pages what lies beyond an end where more is stored', async () => {
    const read = { ...page(message(5), message(6)), hasOlder: true, hasNewer: true };
    expect(
      await readWhile(() => {
        noteCame('c', message(1));
        noteCame('c', message(9));
      }, read),
    ).toEqual(['5', '6']);
  });

  it('forget whoever failed to read', async () => {
    await expect(
      reading('c', async () => {
        throw new TypeError('no page');
      }),
    ).rejects.toThrow('no page');
    expect(await readWhile(() => undefined)).toEqual(['1', '2']);
  });
});
