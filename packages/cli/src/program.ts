/**
 * The tree of commands. Modules behind a command are loaded when it runs, so that `--help` answers at once and a node does
 * not load what a person's commands need.
 */
import { NODE_SETTINGS } from '@conclave/node/settings';
import { Command, CommanderError, Option } from 'commander';
import { CliError } from './errors.js';
import type { PersonOptions } from './settings.js';
import { CLI_VERSION } from './version.js';
import type { World } from './world.js';

const EXAMPLES = `
Examples:
  conclave init --throw-away                   a new identity, for trying things out
  conclave chat 0x52908400098527886e0f7030...  talk to somebody
  conclave send 0x52908400098527886e0f7030... "see you at eight"
  conclave groups --json

WHOM is an address or an inbox id. GROUP and CONVERSATION are an id, the beginning of one, the name of a group, or the
person of a direct conversation; TO is any of these, MESSAGE an id that messages --json shows, or the beginning of one. Every command explains
itself with --help and prints one JSON object with --json.`;

const ENVIRONMENT = `
Environment: CONCLAVE_DB, CONCLAVE_NODE, CONCLAVE_PASSPHRASE stand for --db, --node and the passphrase; NO_COLOR.`;

/** Where the program gets its surroundings from. */
export interface ProgramSetup {
  /** Called before a command runs, with its `--json`. */
  readonly worldOf: (json: boolean) => World;
  /** With `--json` on the command line, the parser's own sentences are left out: the error object says it all. */
  readonly json: boolean;
}

/** Makes the program. Its `parseAsync` rejects with what the command threw, or with the parser's CommanderError. */
export function buildProgram({ worldOf, json }: ProgramSetup): Command {
  const program = new Command('conclave')
    .description('End-to-end encrypted conversations over XMTP, and the node that carries them.')
    .version(CLI_VERSION)
    .addHelpText('after', EXAMPLES)
    .exitOverride();
  if (json) program.configureOutput({ outputError: () => {} });
  else program.showHelpAfterError('(--help shows how)');

  addIdentityCommands(program, worldOf);
  addConversationCommands(program, worldOf);
  addGroupCommands(program, worldOf);
  addBackupCommands(program, worldOf);
  addNodeCommands(program, worldOf);
  return program;
}

type WorldOf = ProgramSetup['worldOf'];

/** A command of a person: the common options, then what is its own. */
function person(parent: Command, usage: string, does: string): Command {
  return parent
    .command(usage)
    .description(does)
    .option('--db <path>', 'database; the wallet key lies beside it as PATH.key (default: ~/.conclave/conclave.db3)')
    .option('--node <url>', 'node to talk to (default: http://127.0.0.1:5556)')
    .option('--passphrase-file <file>', 'file with the passphrase of the wallet key')
    .option('--json', 'print one JSON object')
    .addHelpText('after', ENVIRONMENT);
}

/** One that reads what is stored, after asking the node for what is new. */
function reader(parent: Command, usage: string, does: string): Command {
  return person(parent, usage, does).option('--no-sync', 'show what is stored, without asking the node');
}

const worldFor = (worldOf: WorldOf, options: PersonOptions): World => worldOf(options.json === true);

function addIdentityCommands(program: Command, worldOf: WorldOf): void {
  person(program, 'init', 'make or import a wallet key and register this installation')
    .option('--import <file>', 'file with a private key as 64 hex digits; - reads stdin')
    .option('--throw-away', 'store the key in the clear, without asking for a passphrase')
    .action(async (o) => (await import('./commands/init.js')).init(o, worldFor(worldOf, o)));
  person(program, 'whoami', 'address, inbox id and installation')
    .option('--show-key', 'also print the private key of the wallet')
    .action(async (o) => (await import('./commands/identity.js')).whoami(o, worldFor(worldOf, o)));
  person(program, 'can-message <address...>', 'who can be written to').action(async (whom, o) =>
    (await import('./commands/identity.js')).canMessage(whom, o, worldFor(worldOf, o)),
  );
  person(program, 'devices', 'installations of this inbox')
    .option('--of <whom>', 'of somebody else')
    .option('--revoke <id>', 'revoke one of the own (id or its beginning)')
    .action(async (o) => (await import('./commands/devices.js')).devices(o, worldFor(worldOf, o)));
  person(program, 'doctor', 'check Node.js, SQLite, key file, database, node and clock')
    .option('--web <url>', 'web address of the node, to check its health and compare clocks (CONCLAVE_WEB)')
    .action(async (o) => (await import('./commands/doctor.js')).doctor(o, worldFor(worldOf, o)));
}

function addConversationCommands(program: Command, worldOf: WorldOf): void {
  const load = () => import('./commands/conversations.js');
  person(program, 'chat [whom]', 'talk: live messages, / commands; without WHOM, pick a conversation there').action(
    async (whom, o) => (await import('./commands/chat.js')).chat(whom, o, worldFor(worldOf, o)),
  );
  person(program, 'send <to> <text...>', 'send a text to a person or into a conversation').action(
    async (to, words, o) => (await import('./commands/send.js')).send(to, words, o, worldFor(worldOf, o)),
  );
  const loadRevise = () => import('./commands/revise.js');
  person(program, 'edit <message> <text...>', 'show an own message with other words, by its id').action(
    async (id, words, o) => (await loadRevise()).edit(id, words, o, worldFor(worldOf, o)),
  );
  person(program, 'delete <message>', 'show a message as deleted, by its id').action(async (id, o) =>
    (await loadRevise()).deleteMessage(id, o, worldFor(worldOf, o)),
  );
  for (const [kind, does] of [
    ['dms', 'list direct conversations'],
    ['groups', 'list groups'],
  ] as const) {
    reader(program, kind, does)
      .option('--all', 'denied ones too')
      .action(async (o) => (await load()).listConversations(kind, o, worldFor(worldOf, o)));
  }
  reader(program, 'messages <conversation>', 'the last messages, oldest first')
    .option('--limit <n>', 'how many', '50')
    .action(async (typed, o) => (await load()).messages(typed, o, worldFor(worldOf, o)));
  reader(program, 'search <words...>', 'messages with all these words, newest first')
    .option('--in <conversation>', 'only there')
    .option('--limit <n>', 'how many', '50')
    .action(async (words, o) => (await import('./commands/search.js')).search(words, o, worldFor(worldOf, o)));
  reader(program, 'members <conversation>', 'members and roles').action(async (typed, o) =>
    (await load()).members(typed, o, worldFor(worldOf, o)),
  );
  reader(program, 'consent <conversation> [state]', 'show consent, or set it: allowed, denied, unknown').action(
    async (typed, state, o) => (await load()).consent(typed, state, o, worldFor(worldOf, o)),
  );
}

function addBackupCommands(program: Command, worldOf: WorldOf): void {
  const backup = program.command('backup').description('conversations, messages and decisions as an encrypted file');
  const load = () => import('./commands/backup.js');
  const command = (usage: string, does: string): Command =>
    person(backup, usage, does).option('--key-file <file>', 'key of the archive, 64 hex digits (default: FILE.key)');
  command('export <file>', 'write an archive; makes a key for it when there is none')
    .addOption(new Option('--only <what>', 'a part of it').choices(['messages', 'consent']))
    .option('--since <date>', 'only what came later')
    .option('--until <date>', 'only what came earlier')
    .option('--no-disappearing', 'leave out messages that are going to disappear')
    .action(async (file, o) => (await load()).backupExport(file, o, worldFor(worldOf, o)));
  command('import <file>', 'read an archive into this installation: whole or not at all').action(async (file, o) =>
    (await load()).backupImport(file, o, worldFor(worldOf, o)),
  );
  command('info <file>', 'what an archive holds').action(async (file, o) =>
    (await load()).backupInfo(file, o, worldFor(worldOf, o)),
  );
}

function addGroupCommands(program: Command, worldOf: WorldOf): void {
  const group = program.command('group').description('make and change groups');
  const load = () => import('./commands/group.js');
  person(group, 'new <name> [whom...]', 'make a group').action(async (name, whom, o) =>
    (await load()).groupNew(name, whom, o, worldFor(worldOf, o)),
  );
  person(group, 'add <group> <whom...>', 'add people').action(async (typed, whom, o) =>
    (await load()).groupAdd(typed, whom, o, worldFor(worldOf, o)),
  );
  person(group, 'remove <group> <whom...>', 'remove people').action(async (typed, whom, o) =>
    (await load()).groupRemove(typed, whom, o, worldFor(worldOf, o)),
  );
  person(group, 'rename <group> <name>', 'give it another name').action(async (typed, name, o) =>
    (await load()).groupRename(typed, name, o, worldFor(worldOf, o)),
  );
  person(group, 'role <group> <whom> <role>', 'make somebody member, admin or super-admin').action(
    async (typed, whom, role, o) => (await load()).groupRole(typed, whom, role, o, worldFor(worldOf, o)),
  );
  person(group, 'leave <group>', 'ask to be removed').action(async (typed, o) =>
    (await load()).groupLeave(typed, o, worldFor(worldOf, o)),
  );
}

/** What an operator does with a node's data. */
function addNodeDataCommands(node: Command, worldOf: WorldOf): void {
  const load = () => import('./commands/node-data.js');
  const dataCommand = (name: string, does: string, settings = ['data', 'postgres']) =>
    operator(node, name, does, (setting) => settings.includes(setting));
  dataCommand('backup', 'copy everything that the node has, while it goes on, into a new folder')
    .requiredOption('--to <dir>', 'folder to make; nothing is overwritten')
    .action(async (o) => (await load()).nodeBackup(o, worldFor(worldOf, o)));
  dataCommand('restore', 'verify a backup and restore it to where there is nothing yet')
    .requiredOption('--from <dir>', 'folder of the backup')
    .action(async (o) => (await load()).nodeRestore(o, worldFor(worldOf, o)));
  const migrated = ['data', 'postgres', 'postgresShards'];
  dataCommand(
    'migrate',
    'copy a stopped node from SQLite to PostgreSQL; interrupted, it goes on where it was',
    migrated,
  )
    .requiredOption('--from <store>', 'sqlite')
    .requiredOption('--to <store>', 'postgres')
    .action(async (o) => (await load()).nodeMigrate(o, worldFor(worldOf, o)));
}

/** A command of an operator: the settings of the node that it takes, from the table that its environment and file are read by too. */
function operator(
  parent: Command,
  usage: string,
  does: string,
  takes: (setting: string) => boolean = () => true,
): Command {
  const command = parent.command(usage).description(does);
  for (const { name, flag, variable, help, default: preset, choices, isList } of NODE_SETTINGS) {
    if (!takes(name)) continue;
    const option = new Option(flag, `${help}${preset === undefined ? '' : ` (default: ${preset})`} [${variable}]`);
    if (choices !== undefined) option.choices(choices);
    if (isList) option.argParser((value: string, before: readonly string[] = []) => [...before, value]);
    command.addOption(option);
  }
  return command
    .option('--config <file>', 'settings as lines NAME=value, as an environment file has them [CONCLAVE_NODE_CONFIG]')
    .option('--json', 'print one JSON object')
    .addHelpText('after', OPERATOR_ENVIRONMENT);
}

const OPERATOR_ENVIRONMENT = `
What the command line does not say, the environment does (the names in brackets), else the file, else the default.`;

function addNodeCommands(program: Command, worldOf: WorldOf): void {
  const node = program.command('node').description('run a node');
  const load = () => import('./commands/node-operator.js');
  operator(node, 'start', 'start a node in the foreground; prints a line beginning "ready", SIGTERM drains').action(
    async (o) => (await import('./commands/node.js')).nodeStart(o, worldFor(worldOf, o)),
  );
  operator(node, 'config', 'print every setting with its value and where it comes from').action(async (o) =>
    (await load()).nodeConfig(o, worldFor(worldOf, o)),
  );
  operator(node, 'init', 'make the data folder, a configuration file and a self-signed certificate for trying')
    .option('--host <name...>', 'names and addresses of the certificate', ['localhost', '127.0.0.1', '::1'])
    .action(async (o) => (await load()).nodeInit(o, worldFor(worldOf, o)));
  operator(
    node,
    'doctor',
    'check what a node needs: settings, folder, certificate, ports, chains, PostgreSQL, NATS',
  ).action(async (o) => (await import('./commands/node-doctor.js')).nodeDoctor(o, worldFor(worldOf, o)));
  addNodeDataCommands(node, worldOf);
}

/** True for help and version, which commander reports by throwing. */
export function isPlainExit(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}

/** What commander refused, as our usage error. */
export function asUsageError(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error;
  return new CliError('cli/usage', { reason: error.message.replace(/^error: /, '') }, error);
}
