/** Named steps, one after another; the first that fails ends its scenario. */

/** For what hangs, not for what is slow. */
const LIMIT_MS = 120_000;

let passed = 0;
let failed = 0;

/** Runs a scenario: its steps share what `prepare` gives; `cleanUp` runs whatever happens. */
export async function scenario(name, prepare, steps) {
  console.log(`\n${name}`);
  let ground;
  const begun = performance.now();
  let inSteps = 0;
  try {
    ground = await prepare();
    for (const [title, step] of Object.entries(steps)) {
      const begun = performance.now();
      try {
        await within(step(ground), LIMIT_MS);
      } catch (error) {
        failed++;
        console.log(`  FAIL ${title}`);
        console.log(String(error?.stack ?? error).replace(/^/gm, '       '));
        return;
      }
      passed++;
      const ms = Math.round(performance.now() - begun);
      inSteps += ms;
      console.log(`  ok   ${title} (${ms} ms)`);
    }
  } catch (error) {
    failed++;
    console.log(`  FAIL to prepare: ${error?.stack ?? error}`);
  } finally {
    await ground?.close?.();
    const whole = performance.now() - begun;
    console.log(
      `  ${(whole / 1000).toFixed(1)} s, of which to prepare and to clear away ${((whole - inSteps) / 1000).toFixed(1)} s`,
    );
  }
}

function within(promise, ms) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${ms / 1000} s`)), ms);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

/** Prints the sum. @returns whether all passed */
export function closeSteps() {
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0;
}

/** Throws unless both are the same as JSON, bigints as text. */
export function expectEqual(actual, expected, what = 'value') {
  const text = (value) => JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}n` : each));
  if (text(actual) !== text(expected)) throw new Error(`${what}: expected ${text(expected)}, got ${text(actual)}`);
}
