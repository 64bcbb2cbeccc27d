/** The command line itself: what there is, what is refused, and that every command can speak JSON. */
import { readFileSync } from 'node:fs';
import { type Command, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { asUsageError, buildProgram, isPlainExit } from './program.js';
import { testWorld } from './world.testkit.js';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

const build = (json = false): Command => {
  const program = buildProgram({ worldOf: (asJson) => testWorld({ json: asJson }), json });
  silence(program);
  return program;
};

/** Help and complaints would end in the output of the tests. */
function silence(command: Command): void {
  command.configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: () => {} });
  for (const each of command.commands) silence(each);
}

function leaves(command: Command, path: string[] = []): [string, Command][] {
  if (command.commands.length === 0) return [[path.join(' '), command]];
  return command.commands.flatMap((each) => leaves(each, [...path, each.name()]));
}

const run = (...args: string[]): Promise<unknown> =>
  build()
    .parseAsync(args, { from: 'user' })
    .catch((error: unknown) => error);

describe('the program', () => {
  it('has these commands', () => {
    expect(leaves(build()).map(([name]) => name)).toEqual([
      'init',
      'whoami',
      'can-message',
      'devices',
      'doctor',
      'chat',
      'send',
      'edit',
      'delete',
      'dms',
      'groups',
      'messages',
      'search',
      'members',
      'consent',
      'group new',
      'group add',
      'group remove',
      'group rename',
      'group role',
      'group leave',
      'backup export',
      'backup import',
      'backup info',
      'node start',
      'node config',
      'node init',
      'node doctor',
      'node backup',
      'node restore',
      'node migrate',
    ]);
  });

  it.each(leaves(build()))('%s explains itself and speaks JSON', async (name, command) => {
    const flags = command.options.map(({ long }) => long);
    expect(flags).toContain('--json');
    if (!name.startsWith('node '))
      expect(flags).toEqual(expect.arrayContaining(['--db', '--node', '--passphrase-file']));
    expect(command.description()).not.toBe('');
    expect(isPlainExit(await run(...name.split(' '), '--help'))).toBe(true);
  });

  it.each(leaves(build()).map(([name]) => name))('the README tells what %s does and what its JSON is', (name) => {
    const inSection = (title: string) =>
      README.split(`\n## ${title}\n`)[1]
        ?.split('\n## ')[0]
        ?.split('\n')
        .filter((line) => line.startsWith('| `')) ?? [];
    const words = name.split(' ');
    const last = words.at(-1) as string;
    const names = (line: string): boolean => {
      const first = line.split(' | ')[0] as string;
      return (
        first.includes(`\`${name}`) || (first.includes(`\`${words[0]} `) && new RegExp(`\\b${last}\\b`).test(first))
      );
    };
    expect(inSection('Commands').some(names)).toBe(true);
    expect(inSection('JSON').some(names)).toBe(true);
  });

  it.each([
    [['bogus'], /unknown command 'bogus'/],
    [['whoami', '--bogus'], /unknown option '--bogus'/],
    [['send', '0x12'], /missing required argument 'text'/],
    [['whoami', 'alice'], /too many arguments/],
    [['node', 'start', '--data', 'x', '--log-level', 'loud'], /Allowed choices are/],
  ])('refuses %j', async (args, reason) => {
    const error = await run(...args);
    expect(error).toBeInstanceOf(CommanderError);
    expect(asUsageError(error)).toMatchObject({
      code: 'cli/usage',
      details: { reason: expect.stringMatching(reason) },
    });
  });

  it('passes other errors through', () => {
    const error = new RangeError('x');
    expect(asUsageError(error)).toBe(error);
    expect(isPlainExit(error)).toBe(false);
  });
});
