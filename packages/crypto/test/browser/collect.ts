/** `describe` and `it` for tests that run in a page: collected while their files are evaluated, then run in order. */

/** What became of the collected tests. */
export interface Outcome {
  readonly count: number;
  readonly failures: readonly string[];
}

interface Test {
  readonly name: string;
  readonly body: () => unknown;
}

const tests: Test[] = [];
const path: string[] = [];

export function describe(name: string, body: () => void): void {
  path.push(name);
  body();
  path.pop();
}

function addTest(name: string, body: () => unknown): void {
  tests.push({ name: [...path, name].join(' > '), body });
}

/** A title with `$member` replaced by the case's members, and each `%s` by the next of a case that is a list. */
function titled(title: string, value: unknown): string {
  const left = Array.isArray(value) ? [...value] : [value];
  return title
    .replace(/\$(\w+)/g, (_, member: string) => String((value as Record<string, unknown>)[member]))
    .replace(/%s/g, () => String(left.shift()));
}

export const it = Object.assign(addTest, {
  /** Vitest's form: a case that is a list is handed over as arguments. */
  each:
    <T>(cases: readonly T[]) =>
    (title: string, body: (...values: readonly unknown[]) => unknown): void => {
      for (const value of cases) {
        addTest(titled(title, value), () => (Array.isArray(value) ? body(...value) : body(value)));
      }
    },
});

/** Runs everything collected since the last call. */
export async function runCollected(): Promise<Outcome> {
  const running = tests.splice(0);
  const failures: string[] = [];
  for (const { name, body } of running) {
    try {
      await body();
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { count: running.length, failures };
}
