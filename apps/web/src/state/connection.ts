/** Whether the node can be reached. */
import { signal } from '@preact/signals';

/**
 * Whether the node answers; where it does not, whether the browser knows why. What the browser alone says is not believed: behind some
 * networks it says that it is offline while everything works.
 */
export const connection = signal<'online' | 'offline' | 'unreachable'>('online');
