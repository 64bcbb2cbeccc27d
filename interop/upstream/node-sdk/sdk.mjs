/** Our SDK under all the names of the original's inner modules that its tests import: each of them is aliased to this file. */
export * from '@conclave/node-sdk';
