/** A vitest reporter that tells the process above how many tests passed and failed, for the closing line of `npm test`. */
export default class CountReporter {
  /** Called by vitest when everything has run. */
  onTestRunEnd(testModules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const testModule of testModules) {
      let failedHere = 0;
      for (const test of testModule.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') counts.passed++;
        else if (state === 'skipped') counts.skipped++;
        else failedHere++;
      }
      // A file that does not load, or whose hooks throw, has no failed test of its own.
      if (failedHere === 0 && testModule.state() === 'failed') failedHere = 1;
      counts.failed += failedHere;
    }
    process.send?.(counts);
  }
}
