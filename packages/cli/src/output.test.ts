import pico from 'picocolors';
import { describe, expect, it, vi } from 'vitest';
import { CliError } from './errors.js';
import { Output, toJson } from './output.js';

function capture(json: boolean) {
  const written = { out: '', err: '' };
  const output = new Output(json, {
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
  });
  return { output, written };
}

describe('Output', () => {
  it('prints lines for people', () => {
    const { output, written } = capture(false);
    output.result({ a: 1 }, () => ['one', 'two']);
    output.note('on the way');
    output.error(new CliError('cli/no-key', { path: '/tmp/\u001b[2J' }));
    expect(written.out).toBe('one\ntwo\n');
    expect(written.err).toMatch(/^on the way\nThere is no key .*path=\/tmp\/\ufffd\[2J\) \[cli\/no-key\]\n$/);
  });

  it('lets no result harm a terminal, whoever made the text, and keeps its own colours', () => {
    const { output, written } = capture(false);
    const colors = pico.createColors(true);
    output.result({}, () => [
      'a\u001b[2J\u001b]0;title\u0007\u202e',
      colors.bold(colors.dim('b')),
      '\u009b31mc\n  d\te',
    ]);
    expect(written.out).toBe(
      `a\ufffd[2J\ufffd]0;title\ufffd\ufffd\n${colors.bold(colors.dim('b'))}\n\ufffd31mc\n  d\te\n`,
    );
  });

  it('changes nothing of what programs read, and harms no terminal with it', () => {
    const { output, written } = capture(true);
    output.result({ content: 'a\u001b[2J\u009b\u202e' }, () => []);
    expect(JSON.parse(written.out)).toEqual({ content: 'a\u001b[2J\u009b\u202e' });
    expect(written.out).toBe('{"content":"a\\u001b[2J\\u009b\\u202e"}\n');
  });

  it('prints one object with --json, and nothing by the way', () => {
    const { output, written } = capture(true);
    output.result(
      { sentAtNs: 1763719200000000001n, key: Uint8Array.of(1, 255), all: new Map([['a', true]]) },
      () => [],
    );
    output.note('on the way');
    output.error(new CliError('cli/message-queued', { messageId: 'ab' }));
    expect(written.out).toBe('{"sentAtNs":"1763719200000000001","key":"01ff","all":{"a":true}}\n');
    expect(JSON.parse(written.err)).toEqual({
      error: {
        code: 'cli/message-queued',
        message: expect.stringContaining('(messageId=ab)'),
        retryable: true,
        details: { messageId: 'ab' },
      },
    });
  });

  it('takes what is not typed for a fault of ours', () => {
    const { output, written } = capture(true);
    output.error(new RangeError('boom'));
    expect(JSON.parse(written.err).error).toMatchObject({ code: 'cli/unexpected', details: { reason: 'boom' } });
  });

  it('says what it waits for after a second, not before', async () => {
    vi.useFakeTimers();
    try {
      const { output, written } = capture(false);
      let finish = (): void => {};
      const work = output.during('Waiting …', () => new Promise<void>((resolve) => (finish = resolve)));
      vi.advanceTimersByTime(999);
      expect(written.err).toBe('');
      vi.advanceTimersByTime(1);
      expect(written.err).toBe('Waiting …\n');
      finish();
      await work;
      expect(await output.during('Never said', async () => 7)).toBe(7);
      vi.advanceTimersByTime(5000);
      expect(written.err).toBe('Waiting …\n');
    } finally {
      vi.useRealTimers();
    }
  });

  it('writes lone surrogates of a message as JSON escapes', () => {
    expect(toJson({ content: '\ud800' })).toBe('{"content":"\\ud800"}');
  });
});
