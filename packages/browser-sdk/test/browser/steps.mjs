/** Named steps, one after another; the first that fails ends its scenario. */

let passed = 0;
let failed = 0;

/** Runs a scenario: its steps share what `prepare` gives; `cleanUp` runs whatever happens. */
export async function scenario(name, prepare, steps) {
  console.log(`\n${name}`);
  let ground;
  try {
    ground = await prepare();
    for (const [title, step] of Object.entries(steps)) {
      const begun = performance.now();
      try {
        await within(step(ground), 60_000);
      } catch (error) {
        failed++;
        console.log(`  FAIL ${title}`);
        console.log(String(error?.stack ?? error).replace(/^/gm, '       '));
        return;
      }
      passed++;
      console.log(`  ok   ${title} (${Math.round(performance.now() - begun)} ms)`);
    }
  } catch (error) {
    failed++;
    console.log(`  FAIL to prepare: ${error?.stack ?? error}`);
  } finally {
    await ground?.close?.();
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
