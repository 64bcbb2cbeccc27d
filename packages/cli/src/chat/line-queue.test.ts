import { describe, expect, it } from 'vitest';
import { LineQueue } from './line-queue.js';

async function readAll(queue: LineQueue): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of queue) lines.push(line);
  return lines;
}

describe('LineQueue', () => {
  it('keeps what came before anybody read, and after it ended', async () => {
    const queue = new LineQueue();
    queue.push('one');
    queue.push('two');
    queue.end();
    expect(await readAll(queue)).toEqual(['one', 'two']);
  });

  it('wakes a reader that waits', async () => {
    const queue = new LineQueue();
    const lines = readAll(queue);
    await Promise.resolve();
    queue.push('one');
    await Promise.resolve();
    queue.push('two');
    queue.end();
    expect(await lines).toEqual(['one', 'two']);
  });
});
