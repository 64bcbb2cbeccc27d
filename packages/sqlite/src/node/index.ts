/** Opens SQLite files on Node with whichever engine is present, and makes their folders. */
export { availableEngines } from './engines.js';
export { type MakeFolderOptions, makeFolder } from './folders.js';
export { type OpenDatabaseOptions, openDatabase } from './open-database.js';
export { DATABASE_KEY_LENGTH } from './sqlcipher.js';
