/** The life of two deployed clients on a node with SQLite, as it is by default. */
import { scenario } from '../peer/scenario.mjs';
import { twoRealClients } from '../peer/two-real-clients.mjs';

await scenario('Two real clients on our node', twoRealClients);
