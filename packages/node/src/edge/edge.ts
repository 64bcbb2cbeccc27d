/** What every listening port of the node is to the rest of it. */
import type { ListenAddress } from '../config.js';

/** A listening port. */
export interface Edge {
  /** Where it listens; the port is the real one when 0 was asked for. */
  readonly address: ListenAddress;
  /** Takes no new call, lets those in flight finish, and after the drain time cuts what is left. */
  stop(): Promise<void>;
}
