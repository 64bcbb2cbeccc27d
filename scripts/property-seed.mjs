/**
 * One seed for every property of a run, so that `npm test` judges a change and not the luck of the draw. `npm run fuzz`
 * draws another seed each time; `CONCLAVE_SEED=N` repeats a run. What a seed finds becomes a test of its own.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.CONCLAVE_SEED ?? 9420) });
