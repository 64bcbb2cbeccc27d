/** The original's `utils/uuid`. */
import { randomUUID } from 'node:crypto';

/** A random UUID. */
export const uuid = () => randomUUID();
