// The page: map, panel and inspector put together.

import { byId, fetched, metres } from "./elements.js";
import { Inspector } from "./inspector.js";
import { MapView } from "./map.js";
import { Outlines } from "./outlines.js";
import { Panel } from "./panel.js";

const NARROW = matchMedia("(max-width: 48rem)");

async function start() {
  const about = await fetched("about.json");
  nameRuns(about.runs);
  const map = new MapView(byId("map"), about.grid);
  const panel = new Panel(about);
  const outlines = new Outlines(map, about, say);
  const inspector = new Inspector(about, () => { map.marked = null; pad(map); map.redraw(); byId("map").focus({ preventScroll: true }); });
  let before = [];

  const apply = () => {
    const now = panel.addresses();
    map.sources = now.map((address, k) => ({ address, before: before[k] }));
    map.opacity = panel.opacity;
    before = now;
    outlines.show(panel.outlines);
    placeBar(map, panel, about);
    map.redraw();
  };
  panel.addEventListener("change", apply);
  panel.addEventListener("folded", () => pad(map));
  map.addEventListener("missing", () => say("part of the map could not be read: look at the terminal"));
  map.addEventListener("view", () => drawScale(map));
  map.addEventListener("hover", (event) => drawWhere(map, event.detail));
  map.addEventListener("choose", async ({ detail: { row, col, side } }) => {
    map.marked = { row, col };
    map.redraw();
    const opened = inspector.open(row, col, side);
    pad(map);
    map.uncover(row, col);
    await opened;
  });
  byId("map").addEventListener("keydown", (event) => {
    if (event.key === "Escape") inspector.close();
    if (event.key === "?") byId("keys").showModal();
    panel.key(event);
  });
  byId("zoom-in").addEventListener("click", () => map.zoom(1.6));
  byId("zoom-out").addEventListener("click", () => map.zoom(1 / 1.6));
  byId("zoom-fit").addEventListener("click", () => map.fit());
  byId("keys-open").addEventListener("click", () => byId("keys").showModal());
  listenBar(map, () => placeBar(map, panel, about));
  byId("map").setAttribute("aria-label", `Map of ${about.runs.map((run) => run.title).join(" and ")}`);
  NARROW.addEventListener("change", () => { pad(map); map.fit(); });
  pad(map);
  map.fit();
  map.split = (map.width + map.padding.left - map.padding.right) / 2 / map.width;
  apply();
  Object.assign(window, { viewer: { map, panel, inspector } }); // for those who look under the bonnet, and for tests
}

/** Short names that tell two runs apart: what they are called, else their folders, else numbers. */
function nameRuns(runs) {
  const kinds = [(run) => run.name, (run) => run.folder.split("/").at(-1), (run, k) => `${run.name} (${k + 1})`];
  const name = kinds.find((kind) => new Set(runs.map(kind)).size === runs.length);
  for (const [k, run] of runs.entries()) run.short = name(run, k);
}

/** Say a problem, or that there is none any more. */
function say(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = !text;
}

/** What covers the map at its sides. */
function pad(map) {
  const panel = byId("panel").getBoundingClientRect(), aside = byId("inspector").getBoundingClientRect();
  const narrow = NARROW.matches;
  map.padding = {
    left: narrow ? 0 : panel.right, right: narrow || byId("inspector").hidden ? 0 : aside.width + 12,
    top: narrow ? 52 : 0, bottom: narrow ? Math.max(panel.height, aside.height) : 0,
  };
}

function drawScale(map) {
  const { transform, unit } = map.grid;
  if (unit !== "m") {
    byId("scale-text").textContent = `1 : ${(1 / map.scale).toPrecision(2)}`;
    byId("scale-line").style.width = "0";
    return;
  }
  const size = Math.abs(transform[0]), most = (110 * size) / map.scale;
  const power = 10 ** Math.floor(Math.log10(most));
  const length = [5, 2, 1].map((one) => one * power).find((one) => one <= most);
  byId("scale-text").textContent = length < 1 ? `${length} m` : metres(length);
  byId("scale-line").style.width = `${(length / size) * map.scale}px`;
}

function drawWhere(map, [x, y]) {
  const [a, c, e, f] = map.grid.transform;
  const digits = map.grid.unit === "m" ? 0 : 5;
  byId("where").textContent = map.pixel([x, y]) ? `${(c + x * a).toFixed(digits)}, ${(f + y * e).toFixed(digits)}` : "";
}

/** The bar between two runs, and their names. */
function placeBar(map, panel, about) {
  const shown = map.sources.length > 1;
  for (const name of ["bar", "side-left", "side-right"]) byId(name).hidden = !shown;
  if (!shown) return;
  const left = 100 * map.split;
  byId("bar").style.left = `${left}%`;
  byId("bar").setAttribute("aria-valuenow", String(Math.round(left)));
  byId("bar").setAttribute("aria-valuetext", `${about.runs[0].short} on ${Math.round(left)} percent of the width`);
  for (const [k, name] of ["side-left", "side-right"].entries()) {
    byId(name).textContent = about.runs[k].short + (panel.found(k) ? "" : ": has no such layer");
  }
  byId("side-left").style.right = `calc(${100 - left}% + 1.9rem)`;
  byId("side-right").style.left = `calc(${left}% + 1.9rem)`;
}

function listenBar(map, place) {
  const bar = byId("bar");
  const set = (share) => {
    map.split = Math.min(1, Math.max(0, share));
    place();
    map.redraw();
  };
  bar.addEventListener("pointerdown", (event) => { bar.setPointerCapture(event.pointerId); event.preventDefault(); bar.focus(); });
  bar.addEventListener("pointermove", (event) => { if (bar.hasPointerCapture(event.pointerId)) set(event.clientX / map.width); });
  bar.addEventListener("keydown", (event) => {
    const share = { ArrowLeft: map.split - 0.02, ArrowRight: map.split + 0.02, Home: 0, End: 1, PageUp: map.split - 0.1, PageDown: map.split + 0.1 }[event.key];
    if (share === undefined) return;
    event.preventDefault();
    set(share);
  });
}

start().catch((error) => say(`the map cannot be shown: ${error.message}`));
