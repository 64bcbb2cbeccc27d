/** `chat`: opens the installation and hands over to the interactive chat. */
import colors from 'picocolors';
import { Chat } from '../chat/chat.js';
import { openTerminal } from '../chat/terminal.js';
import { type PersonOptions, type World, withSession } from '../session.js';

/** Runs the chat until the input ends. */
export async function chat(whom: string | undefined, options: PersonOptions, world: World): Promise<void> {
  await withSession(options, world, async ({ client, address }) => {
    const terminal = openTerminal();
    terminal.print(`${colors.bold('conclave')}  you are ${address}  ${colors.dim('/help for commands, /quit to end')}`);
    await new Chat(client, terminal).run(whom);
  });
}
