/** Commands: texts that begin with a slash and a name. */
import { isText } from '@conclave/node-sdk';
import { AgentError } from './errors.js';
import type { MessageContext } from './message-context.js';
import type { Filter, Middleware } from './middleware.js';

/** Gets what was written behind the command's name, without the spaces around it. */
export type CommandHandler = (context: MessageContext<string>, argument: string) => Promise<unknown> | unknown;

interface Command {
  readonly description: string;
  readonly handler: CommandHandler;
  readonly allowed: Filter | undefined;
}

const NAME = /^\/[^\s/]+$/;
const SPOKEN = /^(\/\S+)\s*([\s\S]*)$/;

/**
 * The commands of an agent. `/help` lists them; an unknown one is answered with a hint. A text that is no command passes.
 *
 * ```ts
 * agent.use(new Commands().add('/roll', 'a number from 1 to 6', (ctx) => ctx.send(String(randomInt(1, 7)))).middleware());
 * ```
 */
export class Commands {
  readonly #commands = new Map<string, Command>();

  /**
   * Adds one.
   * @param allowed - who may use it; to others it does not exist
   * @throws AgentError `agent/bad-command`
   */
  add(name: string, description: string, handler: CommandHandler, allowed?: Filter): this {
    const key = name.toLowerCase();
    if (!NAME.test(name) || key === '/help' || this.#commands.has(key)) {
      throw new AgentError('agent/bad-command', { command: name.slice(0, 40) });
    }
    this.#commands.set(key, { description, handler, allowed });
    return this;
  }

  middleware(): Middleware {
    return async (context, next) => {
      const { message } = context;
      const spoken = isText(message) ? SPOKEN.exec((message.content as string).trim()) : null;
      if (spoken === null) return next();
      const [, name = '', argument = ''] = spoken;
      if (name.toLowerCase() === '/help') return context.send(await this.#help(context));
      const command = this.#commands.get(name.toLowerCase());
      if (command === undefined || !(await isAllowed(command, context))) {
        return context.send('There is no such command; /help lists those that there are.');
      }
      return command.handler(context as MessageContext<string>, argument.trim());
    };
  }

  async #help(context: MessageContext): Promise<string> {
    const lines: string[] = [];
    for (const [name, command] of this.#commands) {
      if (await isAllowed(command, context)) lines.push(`${name}: ${command.description}`);
    }
    return lines.join('\n') || 'There are no commands for you.';
  }
}

async function isAllowed({ allowed }: Command, context: MessageContext): Promise<boolean> {
  return allowed === undefined || (await allowed(context));
}
