/** Long work in one thread, with turns for others in between. */

/**
 * Does the work of all jobs in their order.
 * @param perTurn - jobs between two turns
 * @param nextTurn - lets events be handled
 */
export async function inTurns<Job, Result>(
  jobs: readonly Job[],
  perTurn: number,
  nextTurn: () => Promise<unknown>,
  work: (job: Job, index: number) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const [index, job] of jobs.entries()) {
    if (index > 0 && index % perTurn === 0) await nextTurn();
    results.push(work(job, index));
  }
  return results;
}
