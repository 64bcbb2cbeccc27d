import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { HotCounter, HotGauge, HotHistogram } from './hot-metrics.js';

const LABELS = { rpc: 'Send', protocol: 'grpc' };
const labelNames = ['rpc', 'protocol'] as const;
const options = { name: 'some_metric', help: 'What it is.', labelNames };

/** What the registry prints after prom-client's metric and after ours. */
async function bothTexts(theirs: (registry: Registry) => void, ours: (registry: Registry) => void): Promise<string[]> {
  return Promise.all(
    [theirs, ours].map((fill) => {
      const registry = new Registry();
      fill(registry);
      return registry.metrics();
    }),
  );
}

describe('hot metrics print what those of prom-client print', () => {
  it('as counters', async () => {
    const [theirs, ours] = await bothTexts(
      (registry) => new Counter({ ...options, registers: [registry] }).labels(LABELS).inc(7),
      (registry) => {
        new HotCounter(options, registry).series(LABELS).value += 7;
      },
    );
    expect(ours).toBe(theirs);
    expect(ours).toContain('some_metric{rpc="Send",protocol="grpc"} 7');
  });

  it('as gauges', async () => {
    const [theirs, ours] = await bothTexts(
      (registry) => new Gauge({ ...options, registers: [registry] }).labels(LABELS).dec(3),
      (registry) => {
        new HotGauge(options, registry).series(LABELS).value -= 3;
      },
    );
    expect(ours).toBe(theirs);
  });

  it('as histograms, on the bounds, between them and above', async () => {
    const buckets = [0.001, 0.01, 1];
    const values = [0, 0.001, 0.0011, 0.5, 1, 1.5];
    const [theirs, ours] = await bothTexts(
      (registry) => {
        const series = new Histogram({ ...options, buckets, registers: [registry] }).labels(LABELS);
        for (const value of values) series.observe(value);
      },
      (registry) => {
        const series = new HotHistogram(options, buckets, registry).series(LABELS);
        for (const value of values) series.observe(value);
      },
    );
    expect(ours).toBe(theirs);
  });
  it('with one series for the same labels', async () => {
    const registry = new Registry();
    const metric = new HotCounter(options, registry);
    metric.series(LABELS).value += 1;
    metric.series({ ...LABELS }).value += 1;
    metric.series({ rpc: 'Other', protocol: 'grpc' }).value += 5;
    const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('some_metric'));
    expect(lines).toEqual(['some_metric{rpc="Send",protocol="grpc"} 2', 'some_metric{rpc="Other",protocol="grpc"} 5']);
  });
});
