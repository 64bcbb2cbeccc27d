/** What a person sees while messages arrive under their typing. */
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { completeChatCommand } from './chat-commands.js';
import { KEYS, TestKeyboard, TestScreen } from './screen.testkit.js';
import { type ChatTerminal, openTerminal } from './terminal.js';

let terminal: ChatTerminal;
afterEach(() => terminal.close());

function open(columns = 40) {
  const keyboard = new TestKeyboard();
  const screen = new TestScreen(columns);
  terminal = openTerminal({ input: keyboard, output: screen }, { isScreen: true, complete: completeChatCommand });
  terminal.setPrompt('bob › ');
  return { keyboard, screen };
}

async function nextLine(): Promise<string | undefined> {
  for await (const line of terminal.lines()) return line;
  return undefined;
}

describe('a screen', () => {
  it('prints above the line that is being typed, with the cursor where it was', async () => {
    const { keyboard, screen } = open();
    await keyboard.type('half a li');
    await keyboard.paste(KEYS.left);
    const { column } = screen.cursor;
    terminal.print('10:25  bob  hi');
    expect(screen.text).toBe('10:25  bob  hi\nbob › half a li');
    expect(screen.cursor).toEqual({ row: 1, column });
    await keyboard.type('X');
    expect(screen.text).toBe('10:25  bob  hi\nbob › half a lXi');
  });

  it.each(['type', 'paste'] as const)('does so when the line takes several rows: %s', async (how) => {
    const { keyboard, screen } = open(20);
    const text = 'a line that is longer than the screen is wide';
    await keyboard[how](text);
    terminal.print('one');
    terminal.print('two\n  and more');
    const rows = [`bob › ${text}`.slice(0, 20), `bob › ${text}`.slice(20, 40), `bob › ${text}`.slice(40)];
    expect(screen.text).toBe(['one', 'two', '  and more', ...rows.map((row) => row.trimEnd())].join('\n'));
  });

  it.each(['type', 'paste'] as const)('takes an entered line away, however long: %s', async (how) => {
    const { keyboard, screen } = open(20);
    terminal.print('before');
    const text = 'a line that is longer than the screen is wide';
    await keyboard[how](text);
    await keyboard.paste('\r');
    expect(await nextLine()).toBe(text);
    expect(screen.text).toBe('before\nbob ›');
    terminal.print(`10:25  you  ${text.slice(0, 6)}`);
    expect(screen.text).toBe('before\n10:25  you  a line\nbob ›');
  });

  it('takes the whole line away when the cursor stands in the middle of it', async () => {
    const { keyboard, screen } = open(20);
    await keyboard.type('twenty columns and more of them');
    await keyboard.paste(KEYS.controlA);
    await keyboard.paste('\r');
    expect(screen.text).toBe('bob ›');
    expect(await nextLine()).toBe('twenty columns and more of them');
  });

  it('shows commands again, behind the prompt', async () => {
    const { keyboard, screen } = open();
    await keyboard.paste('/list\r');
    terminal.echo((await nextLine()) as string);
    terminal.print('1  bob');
    expect(screen.text).toBe('bob › /list\n1  bob\nbob ›');
  });

  it('takes several pasted lines one by one', async () => {
    const { keyboard, screen } = open();
    await keyboard.paste('one\rtwo\rthree');
    expect([await nextLine(), await nextLine()]).toEqual(['one', 'two']);
    expect(screen.text).toBe('bob › three');
  });

  it('changes its prompt under a half-typed line', async () => {
    const { keyboard, screen } = open();
    await keyboard.type('hel');
    terminal.setPrompt('friday club › ');
    await keyboard.type('lo');
    expect(screen.text).toBe('friday club › hello');
  });

  it('completes commands', async () => {
    const { keyboard, screen } = open();
    await keyboard.type('/mem');
    await keyboard.type(KEYS.tab);
    expect(screen.text).toBe('bob › /members');
  });

  it('clears the line on Control-C, and ends on the second one', async () => {
    const { keyboard, screen } = open();
    await keyboard.type('never mind');
    await keyboard.paste(KEYS.controlC);
    expect(screen.text).toBe('bob ›');
    await keyboard.paste(KEYS.controlC);
    expect(await nextLine()).toBeUndefined();
    expect(screen.text).toBe('');
    terminal.print('bye');
    expect(screen.text).toBe('bye');
  });

  it('ends on Control-D', async () => {
    const { keyboard, screen } = open();
    await keyboard.paste(KEYS.controlD);
    expect(await nextLine()).toBeUndefined();
    expect(screen.text).toBe('');
  });
});

describe('a pipe', () => {
  it('gives out what is printed and nothing else, and reads to the last line', async () => {
    const input = new PassThrough();
    const output = new PassThrough();
    terminal = openTerminal({ input, output });
    terminal.setPrompt('bob › ');
    input.write('one\ntwo\nthr');
    input.end('ee');
    const lines: string[] = [];
    for await (const line of terminal.lines()) lines.push(line);
    terminal.echo('/list');
    terminal.print('10:25  bob  hi');
    expect(lines).toEqual(['one', 'two', 'three']);
    expect(String(output.read())).toBe('10:25  bob  hi\n');
    expect(terminal.columns).toBe(Number.POSITIVE_INFINITY);
  });
});
