/** Loading the identities of many people, from the network and from the database. */
import { REPEATS, warmUp } from '../shared.mjs';

export async function run(tools) {
  const { settings, phase, newClient } = tools;
  await warmUp(tools);
  const { client } = await newClient();
  const { people } = settings;
  const count = people.length;
  const load = async (name) => {
    const states = await client.preferences[name](people);
    if (states.length !== count) throw new Error(`${states.length} identities instead of ${count}`);
  };
  await phase(`load ${count} identities, cold`, 1, () => load('fetchInboxStates'));
  await phase(`load ${count} identities, asking for what is new`, 1, () => load('fetchInboxStates'));
  await phase(`load ${count} identities, from the database`, REPEATS, async () => {
    for (let i = 0; i < REPEATS; i++) await load('getInboxStates');
  });
}
