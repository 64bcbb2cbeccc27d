/** Draws the pictures of docs/performance.md from results: lines over the number of members, both axes logarithmic. */
import { init } from 'echarts';

const WIDTH = 860;
const HEIGHT = 460;
const FONT = 'system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif';
const INK = '#1f2933';
const FAINT = '#d5dae0';
/** Told apart in grey too: the deployed client's lines are dashed. */
const COLOURS = { own: ['#0b6bcb', '#0f8a5f', '#7a4fd0'], reference: ['#d1495b', '#e08e2b', '#8a8f98'] };

/** Up to 1000 as it is, then with its prefix. */
function short(value) {
  if (value >= 1e6) return `${value / 1e6} M`;
  if (value >= 1e3) return `${value / 1e3} k`;
  return String(value);
}

/**
 * One picture.
 * @param chart - `{ title, unit, series: [{ name, own, points: [members, value][] }] }`
 * @returns SVG, the same for the same input
 */
export function drawChart({ title, unit, series }) {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  const used = { own: 0, reference: 0 };
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: FONT, color: INK },
    title: { text: title, left: 24, top: 16, textStyle: { fontSize: 18, fontWeight: 600, color: INK } },
    legend: { left: 24, right: 24, top: 48, itemWidth: 34, itemGap: 24, textStyle: { fontSize: 13, color: INK } },
    grid: { left: 76, right: 116, top: 108, bottom: 62 },
    xAxis: {
      type: 'log',
      name: 'members',
      nameLocation: 'middle',
      nameGap: 34,
      min: 1,
      nameTextStyle: { fontSize: 13, color: INK },
      axisLabel: { fontSize: 12, color: INK, formatter: short },
      axisLine: { lineStyle: { color: INK } },
      splitLine: { lineStyle: { color: FAINT } },
    },
    yAxis: {
      type: 'log',
      name: unit,
      nameTextStyle: { fontSize: 13, color: INK, align: 'left' },
      axisLabel: { fontSize: 12, color: INK, formatter: short },
      splitLine: { lineStyle: { color: FAINT } },
    },
    series: series.map(({ name, own, points }) => {
      const colour = COLOURS[own ? 'own' : 'reference'][used[own ? 'own' : 'reference']++];
      const last = points.length - 1;
      // Where two lines end in one place, one number says it.
      const isHidden = series.some((other) => other.own && isClose(other.points.at(-1), points[last]));
      return {
        type: 'line',
        name,
        symbol: own ? 'circle' : 'emptyCircle',
        symbolSize: 8,
        lineStyle: { width: 2.5, color: colour, type: own ? 'solid' : [7, 5] },
        itemStyle: { color: colour },
        data: points.map((point, index) => ({
          value: point,
          label: {
            show: index === last && (own || !isHidden),
            position: 'right',
            formatter: `${label(point[1])}${unit === 'B' ? '' : ' '}${unit}`,
            fontSize: 12,
            fontWeight: 600,
            color: colour,
          },
        })),
      };
    }),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${still(svg, title)}\n`;
}

/**
 * As a page shows it: with a title for who does not see it, without the rules for a pointer over it, and with names that count from the
 * beginning of the picture, where the library counts through a process.
 */
function still(svg, title) {
  const names = new Map();
  return svg
    .replace(/<style[\s\S]*?<\/style>\n?/g, '')
    .replace(/ class="[^"]*"/g, '')
    .replace(/^<svg ([^>]*)>/, `<svg $1 role="img" aria-label="${title}"><title>${title}</title>`)
    .replace(/\bzr\d+-[a-z]+-?\d+\b/g, (name) => {
      if (!names.has(name)) names.set(name, `n${names.size}`);
      return names.get(name);
    });
}

const isClose = ([x, a], [otherX, b]) => x === otherX && Math.abs(Math.log(a / b)) < 0.15;

function label(value) {
  if (value >= 1000) return `${Number((value / 1000).toPrecision(3))} k`;
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(2);
}

/** The rows of one figure as points, of Conclave and of what it stands beside. */
export function pointsOf(rows, section, name) {
  const found = rows.filter((row) => row.section === section && row.name === name && row.at !== undefined);
  found.sort((a, b) => a.at - b.at);
  return {
    own: found.map(({ at, value }) => [at, value]),
    reference: found.filter(({ reference }) => reference !== undefined).map(({ at, reference }) => [at, reference]),
  };
}
