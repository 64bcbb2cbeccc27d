/** The same life on a node with PostgreSQL; when the node restarts, the database server does too. */
import { scenario } from '../peer/scenario.mjs';
import { twoRealClients } from '../peer/two-real-clients.mjs';

await scenario('Two real clients on our node with PostgreSQL', twoRealClients, { store: 'postgres' });
