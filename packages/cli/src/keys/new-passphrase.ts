/** The passphrase of a new wallet key. */
import { CliError } from '../errors.js';
import { givenPassphrase, type PersonOptions } from '../settings.js';
import type { World } from '../world.js';

/**
 * From `--throw-away`, a file, the environment, or a person at the terminal, who types it twice.
 * @returns empty: the key is to be stored in the clear
 * @throws CliError `cli/passphrases-differ`, `cli/cancelled`; as givenPassphrase
 */
export async function newPassphrase(
  options: PersonOptions & { readonly throwAway?: boolean },
  { output, prompter, env }: World,
): Promise<string> {
  if (options.throwAway === true) return '';
  const given = givenPassphrase(options, { output, prompter, env });
  if (given !== undefined) return given;
  if (!prompter.interactive) {
    output.warn(
      'No passphrase was given: the key is stored in the clear, readable by you alone. That is for trying things out.',
    );
    return '';
  }
  const first = await prompter.secret('A passphrase for the wallet key (empty: a throw-away key, stored in the clear)');
  if (first === '' || (await prompter.secret('The same once more')) === first) return first;
  throw new CliError('cli/passphrases-differ');
}
