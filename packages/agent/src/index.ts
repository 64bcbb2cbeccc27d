/**
 * Bots and agents in a few lines: a client whose messages become events.
 *
 * ```ts
 * import { Agent } from '@conclave/agent';
 * const agent = await Agent.fromEnvironment();
 * agent.on('text', (ctx) => ctx.reply(`You said: ${ctx.content}`));
 * await agent.start();
 * ```
 */
export { Agent, type Listener } from './agent.js';
export { type CommandHandler, Commands } from './commands.js';
export { type AgentSettings, settingsFromEnvironment } from './environment.js';
export { AGENT_ERRORS, AgentError, type AgentErrorCode } from './errors.js';
export { type AgentEvents, eventOf, type MessageEvents } from './events.js';
export { MessageContext } from './message-context.js';
export {
  all,
  any,
  type Filter,
  fromAdmin,
  fromInbox,
  inDm,
  inGroup,
  type Middleware,
  matching,
  not,
  only,
} from './middleware.js';
