/**
 * Metrics of what happens at every call. A change is an addition to a plain field; names and labels are put to it when somebody asks.
 * prom-client's own would look the series up by its labels at each change, several times in a call.
 */
import type { Metric, Registry } from 'prom-client';

/** What a metric is called and by which labels its series differ. */
export interface HotMetricOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Label[];
}

/** One series of a counter or a gauge. */
export interface HotSeries {
  value: number;
}

interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly metricName?: string;
}

type Labels<Label extends string> = Readonly<Record<Label, string>>;

abstract class HotMetric<Label extends string, Series> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Label[];
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly aggregator = 'sum';
  readonly #series: { readonly labels: Labels<Label>; readonly series: Series }[] = [];

  constructor(type: HotMetric<Label, Series>['type'], options: HotMetricOptions<Label>, registry: Registry) {
    this.type = type;
    this.name = options.name;
    this.help = options.help;
    this.labelNames = options.labelNames;
    // The registry asks for nothing but `name` and `get`.
    registry.registerMetric(this as unknown as Metric);
  }

  /** The series with these labels; callers keep it. Cost: a look at every series there is. */
  series(labels: Labels<Label>): Series {
    const known = this.#series.find((one) => this.labelNames.every((name) => one.labels[name] === labels[name]));
    if (known !== undefined) return known.series;
    const series = this.create();
    this.#series.push({ labels, series });
    return series;
  }

  /** What the registry prints. */
  get() {
    const { name, help, type, aggregator } = this;
    const values = this.#series.flatMap(({ labels, series }) => this.samples(labels, series));
    return Promise.resolve({ name, help, type, aggregator, values });
  }

  protected abstract create(): Series;
  protected abstract samples(labels: Labels<Label>, series: Series): Sample[];
}

class HotValue<Label extends string> extends HotMetric<Label, HotSeries> {
  protected create(): HotSeries {
    return { value: 0 };
  }

  protected samples(labels: Labels<Label>, { value }: HotSeries): Sample[] {
    return [{ value, labels }];
  }
}

/** A number that only grows. */
export class HotCounter<Label extends string> extends HotValue<Label> {
  constructor(options: HotMetricOptions<Label>, registry: Registry) {
    super('counter', options, registry);
  }
}

/** A number that goes both ways. */
export class HotGauge<Label extends string> extends HotValue<Label> {
  constructor(options: HotMetricOptions<Label>, registry: Registry) {
    super('gauge', options, registry);
  }
}

/** One series of a histogram. */
export class HotBuckets {
  readonly #bounds: readonly number[];
  /** One more than the bounds: what is above them all. Not cumulative. */
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  /** Counts a value in the first bucket whose bound is not below it. Cost: a step per bucket below. */
  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] as number)) bucket++;
    (this.counts[bucket] as number)++;
    this.sum += value;
  }
}

/** Values by the bucket that they fall into. */
export class HotHistogram<Label extends string> extends HotMetric<Label, HotBuckets> {
  readonly #bounds: readonly number[];

  /** @param bounds upper ends of the buckets, inclusive, ascending */
  constructor(options: HotMetricOptions<Label>, bounds: readonly number[], registry: Registry) {
    super('histogram', options, registry);
    this.#bounds = bounds;
  }

  protected create(): HotBuckets {
    return new HotBuckets(this.#bounds);
  }

  protected samples(labels: Labels<Label>, { counts, sum }: HotBuckets): Sample[] {
    let total = 0;
    const buckets = counts.map((count, index): Sample => {
      total += count;
      const le = this.#bounds[index] ?? '+Inf';
      return { value: total, labels: { le, ...labels }, metricName: `${this.name}_bucket` };
    });
    return [
      ...buckets,
      { value: sum, labels, metricName: `${this.name}_sum` },
      { value: total, labels, metricName: `${this.name}_count` },
    ];
  }
}
