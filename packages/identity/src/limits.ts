/** Caps around an inbox. The state machine has none of its own: histories beyond a cap are still valid. */

/** Installations that an inbox may hold before a client registers one more; enforced by the client that registers. */
export const MAX_INSTALLATIONS_PER_INBOX = 10;

/** Updates that a node accepts into one identity log. */
export const MAX_UPDATES_PER_INBOX = 256;
