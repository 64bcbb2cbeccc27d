/** Whether what is new comes in. */
import { signal } from '@preact/signals';

/**
 * Whether the node answers, and there is room for what it says (`full`: there is none); where it does not answer, whether the browser knows why.
 * What the browser alone says is not believed: behind some networks it says that it is offline while everything works.
 */
export const connection = signal<'online' | 'offline' | 'unreachable' | 'full'>('online');
