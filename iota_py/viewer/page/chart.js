// A series as a drawing: what the models were given, and the observations that it comes from.

import { drawing, element, number } from "./elements.js";

const WIDTH = 340, HEIGHT = 178, LEFT = 40, RIGHT = 8, TOP = 8, BOTTOM = 24;
const MONTHS = ["J", "F", "M", "A", "M", "J", "J", "A", "S", "O", "N", "D"];
const day = (text) => Date.parse(text) / 86400000;
const date = (text) => new Date(text).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

/** The chart of a line {dates, values, observed_dates, observed, unusable_dates, unit, band}, with what is read off it, and its numbers as a table. */
export function chart(line) {
  const frame = frameOf(line);
  const points = [
    ...line.dates.map((text, i) => ({ text, value: line.values[i], words: "filled" })),
    ...line.observed_dates.map((text, i) => ({ text, value: line.observed[i], words: "observed" })),
  ].sort((a, b) => day(a.text) - day(b.text));
  const cursor = drawing("line", { class: "cursor", y1: TOP, y2: HEIGHT - BOTTOM, visibility: "hidden" });
  const reading = element("p", { class: "reading", "aria-live": "polite" }, "Point at the chart to read it.");
  const svg = drawing("svg", {
    class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", tabindex: "0",
    "aria-label": `${line.band} in ${line.dates.length} dates, ${line.observed.length} observations; arrow keys read them, the table below lists them`,
  }, axes(frame, line), cursor, marks(frame, line));
  let current = -1;
  const read = (place) => {
    current = Math.max(0, Math.min(points.length - 1, place));
    const found = points[current];
    const x = frame.x(day(found.text));
    for (const name of ["x1", "x2"]) cursor.setAttribute(name, x);
    cursor.setAttribute("visibility", "visible");
    reading.textContent = `${date(found.text)}: ${number(found.value)} ${line.unit === "index" ? "" : line.unit} (${found.words})`;
  };
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * WIDTH;
    const far = points.map((one) => Math.abs(frame.x(day(one.text)) - at));
    read(far.indexOf(Math.min(...far)));
  });
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    read(current < 0 ? 0 : current + step);
  });
  return element("div", {}, svg, reading, explanation(line), table(points, line));
}

/** Where values and days come on the drawing. */
function frameOf(line) {
  const days = [...line.dates, ...line.observed_dates, ...line.unusable_dates].map(day);
  const values = [...line.values, ...line.observed];
  const first = Math.min(...days), last = Math.max(...days, first + 1);
  let low = Math.min(...values), high = Math.max(...values);
  if (low >= 0 && low < 0.6 * high) low = 0;
  if (high - low < 1e-9) [low, high] = [low - 0.5, high + 0.5];
  const steps = ticks(low, high);
  [low, high] = [Math.min(low, steps[0]), Math.max(high, steps.at(-1))];
  return {
    first, last, steps,
    x: (at) => LEFT + ((at - first) / (last - first)) * (WIDTH - LEFT - RIGHT),
    y: (value) => HEIGHT - BOTTOM - ((value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM),
  };
}

/** About four round numbers that enclose two others. */
export function ticks(low, high) {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough * 0.999);
  const found = [];
  for (let k = Math.floor(low / step + 1e-9); k <= Math.ceil(high / step - 1e-9); k++) found.push(Number((k * step).toPrecision(12)));
  return found;
}

function axes(frame, line) {
  const parts = frame.steps.flatMap((value) => [
    drawing("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: frame.y(value), y2: frame.y(value) }),
    drawing("text", { x: LEFT - 6, y: frame.y(value) + 3.5, "text-anchor": "end" }, number(value)),
  ]);
  const years = frame.last - frame.first > 420;
  const start = new Date(frame.first * 86400000);
  for (let k = 0; k < 240; k++) {
    const month = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + k, 1), at = month / 86400000;
    if (at > frame.last) break;
    if (at < frame.first || (years && new Date(month).getUTCMonth() !== 0)) continue;
    const x = frame.x(at);
    parts.push(drawing("line", { class: "grid", x1: x, x2: x, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM + 4 }));
    const label = years ? String(new Date(month).getUTCFullYear()) : MONTHS[new Date(month).getUTCMonth()];
    parts.push(drawing("text", { x: x + (years ? 2 : 4), y: HEIGHT - BOTTOM + 14 }, label));
  }
  return parts.concat(line.unusable_dates.map((text) => {
    const x = frame.x(day(text));
    return drawing("line", { class: "lost", x1: x, x2: x, y1: HEIGHT - BOTTOM - 5, y2: HEIGHT - BOTTOM });
  }));
}

function marks(frame, line) {
  const at = (text, value) => [frame.x(day(text)).toFixed(1), frame.y(value).toFixed(1)];
  const path = line.dates.map((text, i) => at(text, line.values[i]).join(",")).join(" ");
  return [
    drawing("polyline", { class: "line", points: path }),
    line.dates.map((text, i) => { const [cx, cy] = at(text, line.values[i]); return drawing("circle", { class: "target", cx, cy, r: 1.9 }); }),
    line.observed_dates.map((text, i) => { const [cx, cy] = at(text, line.observed[i]); return drawing("circle", { class: "seen", cx, cy, r: 3.4 }); }),
  ];
}

function explanation(line) {
  const icon = (...marks) => drawing("svg", { class: "chart", viewBox: "0 0 18 10", "aria-hidden": "true" }, marks);
  return element("p", { class: "keys-of-chart" },
    element("span", {}, icon(drawing("path", { class: "line", d: "M0 5h18" }), drawing("circle", { class: "target", cx: 9, cy: 5, r: 1.9 })), "given to the models"),
    element("span", {}, icon(drawing("circle", { class: "seen", cx: 9, cy: 5, r: 3.4 })), "observed"),
    line.unusable_dates.length ? element("span", {}, icon(drawing("line", { class: "lost", x1: 9, x2: 9, y1: 0, y2: 10 })), "cloud or no data") : null,
  );
}

function table(points, line) {
  const rows = points.map((one) => element("tr", {}, element("th", { scope: "row" }, one.text), element("td", {}, number(one.value, 4)), element("td", {}, one.words)));
  const head = element("tr", {}, ["date", line.unit || "value", "kind"].map((text) => element("th", { scope: "col" }, text)));
  return element("details", {}, element("summary", {}, "Numbers"),
    element("div", { class: "scrolled", tabindex: "0", role: "region", "aria-label": "Numbers of the series" }, element("table", {}, element("thead", {}, head), element("tbody", {}, rows))));
}
