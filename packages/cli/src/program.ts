/**
 * The tree of commands. Modules behind a command are loaded when it runs, so that `--help` answers at once and a node does
 * not load what a person's commands need.
 */
import { Command, CommanderError } from 'commander';
import { CliError } from './errors.js';
import type { PersonOptions, World } from './session.js';

/** Makes the program. `worldOf` is called with the command's `--json` before it runs. */
export function buildProgram(worldOf: (json: boolean) => World): Command {
  const program = new Command('conclave')
    .description('End-to-end encrypted conversations over XMTP, and the node that carries them.')
    .version('0.1.0')
    .showHelpAfterError('(--help shows how)')
    .exitOverride();

  /** A command of a person: the common options, then what is its own. */
  const person = (parent: Command, usage: string, does: string): Command =>
    parent
      .command(usage)
      .description(does)
      .option('--db <path>', 'database; the wallet key lies beside it as PATH.key (default ~/.conclave/conclave.db3)')
      .option('--node <url>', 'node to talk to (default http://127.0.0.1:5556)')
      .option('--passphrase-file <file>', 'file with the passphrase of the wallet key')
      .option('--json', 'print one JSON object');

  const world = (options: PersonOptions): World => worldOf(options.json === true);

  person(program, 'init', 'make or import a wallet key and register this installation')
    .option('--import <file>', 'file with a private key as 64 hex digits')
    .option('--throw-away', 'store the key in the clear without asking for a passphrase')
    .action(async (o) => (await import('./commands/identity.js')).init(o, world(o)));
  person(program, 'whoami', 'address, inbox id and installation')
    .option('--show-key', 'also print the wallet’s private key')
    .action(async (o) => (await import('./commands/identity.js')).whoami(o, world(o)));
  person(program, 'can-message <address...>', 'who can be written to').action(async (whom, o) =>
    (await import('./commands/identity.js')).canMessage(whom, o, world(o)),
  );
  person(program, 'devices', 'installations of this inbox')
    .option('--of <whom>', 'of somebody else')
    .option('--revoke <id>', 'revoke one of the own (id or its beginning)')
    .action(async (o) => (await import('./commands/identity.js')).devices(o, world(o)));
  person(program, 'chat [whom]', 'talk: live messages, / commands').action(async (whom, o) =>
    (await import('./commands/chat.js')).chat(whom, o, world(o)),
  );
  person(program, 'send <to> <text...>', 'send a text to an address, inbox id, conversation id or group name').action(
    async (to, words, o) => (await import('./commands/conversations.js')).send(to, words, o, world(o)),
  );
  for (const kind of ['dms', 'groups'] as const) {
    person(program, kind, `list ${kind}`)
      .option('--no-sync', 'show what is stored without asking the node')
      .action(async (o) => (await import('./commands/conversations.js')).listConversations(kind, o, world(o)));
  }
  person(program, 'messages <conversation>', 'the last messages')
    .option('--limit <n>', 'how many', '50')
    .option('--no-sync', 'show what is stored without asking the node')
    .action(async (id, o) => (await import('./commands/conversations.js')).messages(id, o, world(o)));
  person(program, 'members <conversation>', 'members and roles')
    .option('--no-sync', 'show what is stored without asking the node')
    .action(async (id, o) => (await import('./commands/conversations.js')).members(id, o, world(o)));
  person(program, 'consent <conversation> [state]', 'show consent, or set it: allowed, denied, unknown').action(
    async (id, state, o) => (await import('./commands/conversations.js')).consent(id, state, o, world(o)),
  );

  const group = program.command('group').description('make and change groups');
  person(group, 'new <name> <whom...>', 'make a group').action(async (name, whom, o) =>
    (await import('./commands/group.js')).groupNew(name, whom, o, world(o)),
  );
  person(group, 'add <group> <whom...>', 'add people').action(async (id, whom, o) =>
    (await import('./commands/group.js')).groupAdd(id, whom, o, world(o)),
  );
  person(group, 'remove <group> <whom...>', 'remove people').action(async (id, whom, o) =>
    (await import('./commands/group.js')).groupRemove(id, whom, o, world(o)),
  );
  person(group, 'rename <group> <name>', 'give it another name').action(async (id, name, o) =>
    (await import('./commands/group.js')).groupRename(id, name, o, world(o)),
  );
  person(group, 'leave <group>', 'ask to be removed').action(async (id, o) =>
    (await import('./commands/group.js')).groupLeave(id, o, world(o)),
  );

  program
    .command('node')
    .description('run a node')
    .command('start')
    .description('start a node in the foreground')
    .requiredOption('--data <dir>', 'folder of its database')
    .option('--grpc <host:port>', 'native gRPC', '127.0.0.1:5556')
    .option('--web <host:port>', 'gRPC-web, the page, /healthz, /readyz', '127.0.0.1:5557')
    .option('--history <host:port>', 'history files on a port of their own')
    .option('--json', 'print one JSON object when ready')
    .action(async (o) => (await import('./commands/node.js')).nodeStart(o, world(o)));
  return program;
}

/** True for help and version, which commander reports by throwing. */
export function isPlainExit(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}

/** What commander refused, as our usage error; it has already printed the reason. */
export function asUsageError(error: unknown): unknown {
  return error instanceof CommanderError ? new CliError('cli/usage', { reason: error.code }, error) : error;
}
