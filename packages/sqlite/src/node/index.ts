/** Opens SQLite files on Node with whichever engine is present. */
export { availableEngines } from './engines.js';
export { type OpenDatabaseOptions, openDatabase } from './open-database.js';
export { DATABASE_KEY_LENGTH } from './sqlcipher.js';
