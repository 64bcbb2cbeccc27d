/** Welcomes are followed one at a time: two to the same group must not race. */

/** Name of the lock. It is taken before a group's lock, never the other way round. */
export const WELCOME_LOCK = 'welcomes';
