import { describe, expect, it } from 'vitest';
import { SharedOpenings } from './shared-openings.js';

/** Openings that write down what happens to them. */
function recorded() {
  const log: string[] = [];
  const openings = new SharedOpenings<string>();
  let count = 0;
  const use = (name: string | undefined) =>
    openings.open(
      name,
      async () => {
        count += 1;
        log.push(`open ${count}`);
        return String(count);
      },
      async (value) => void log.push(`close ${value}`),
    );
  return { log, openings, use };
}

describe('openings that are shared', () => {
  it('are opened once and closed by the last', async () => {
    const { log, use } = recorded();
    const [first, second] = await Promise.all([use('a'), use('a')]);
    expect(second.value).toBe(first.value);
    await first.release();
    await first.release();
    expect(log).toEqual(['open 1']);
    await second.release();
    expect(log).toEqual(['open 1', 'close 1']);
  });

  it('are others under another name, and nobody’s without one', async () => {
    const { use } = recorded();
    const values = await Promise.all([use('a'), use('b'), use(undefined), use(undefined)]);
    expect(new Set(values.map(({ value }) => value)).size).toBe(4);
  });

  it('are opened again only when they are closed', async () => {
    const { log, use } = recorded();
    const first = await use('a');
    const closed = first.release();
    const second = await use('a');
    await closed;
    expect([log, second.value]).toEqual([['open 1', 'close 1', 'open 2'], '2']);
  });

  it('that failed are tried anew', async () => {
    const { openings, use } = recorded();
    const failing = openings.open(
      'a',
      () => Promise.reject(new RangeError('no')),
      async () => {},
    );
    await expect(failing).rejects.toThrow('no');
    expect((await use('a')).value).toBe('1');
  });
});
