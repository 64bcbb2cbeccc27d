/** `chat`: opens the installation and hands over to the interactive chat. */
import { Chat } from '../chat/chat.js';
import { completeChatCommand } from '../chat/chat-commands.js';
import { openTerminal } from '../chat/terminal.js';
import { withSession } from '../session.js';
import type { PersonOptions } from '../settings.js';
import type { World } from '../world.js';

/** Runs the chat until the input ends. Without the node it starts all the same, with what is stored. */
export async function chat(whom: string | undefined, options: PersonOptions, world: World): Promise<void> {
  await withSession(options, world, 'try', async (session) => {
    const { json } = world.output;
    const streams = { input: process.stdin, output: process.stdout };
    const terminal = openTerminal(streams, { complete: completeChatCommand, ...(json ? { isScreen: false } : {}) });
    await new Chat(session, terminal, json).run(whom, session.isOnline);
  });
}
