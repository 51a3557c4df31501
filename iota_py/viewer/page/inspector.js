// What is known of one pixel, in a panel beside the map.

import { chart } from "./chart.js";
import { byId, element, fetched, metres, number, percent, swatch } from "./elements.js";

const SHOWN = 0.005; // classes below this probability are behind a fold

export class Inspector {
  constructor(about, onClose) {
    this.about = about;
    this.onClose = onClose;
    this.panel = byId("inspector");
    this.band = null; // chosen last, kept from pixel to pixel
    this.turn = 0;
    this.panel.addEventListener("keydown", (event) => { if (event.key === "Escape") this.close(); });
  }

  close() {
    if (this.panel.hidden) return;
    this.turn += 1;
    this.panel.hidden = true;
    this.onClose();
  }

  /** Look at a pixel; side: of the run that comes first. */
  async open(row, col, side) {
    const turn = ++this.turn;
    this.row = row;
    this.col = col;
    this.side = side;
    this.facts = this.about.runs.map(() => undefined);
    this.looks = this.about.runs.map(() => undefined);
    this.panel.hidden = false;
    this.panel.scrollTop = 0;
    this.draw();
    const ask = async (run, where, kind) => {
      let found;
      try {
        found = await fetched(`${kind}/${run}/${row}/${col}.json`);
      } catch (error) {
        found = { problem: `the viewer no longer answers: ${error.message}` };
      }
      if (turn !== this.turn) return;
      where[run] = found;
      this.draw();
    };
    const runs = this.about.runs.map((_, run) => run);
    await Promise.all(runs.map((run) => ask(run, this.facts, "pixel")));
    if (turn !== this.turn) return;
    await ask(side, this.looks, "models"); // the side that was clicked is waited for
    for (const run of runs) if (run !== side && turn === this.turn) await ask(run, this.looks, "models");
  }

  draw() {
    const focused = document.activeElement?.id;
    const open = [...this.panel.querySelectorAll("details[data-name]")].filter((one) => one.open).map((one) => one.dataset.name);
    const facts = this.facts[this.side], look = this.looks[this.side];
    this.panel.replaceChildren(
      element("div", { class: "head" }, this.heading(facts), element("button", { type: "button", class: "fold", id: "inspector-close", click: () => this.close() }, "Close")),
      ...[this.tabs(), this.coordinates(facts, look), this.probabilities(look), this.series(look), this.polygons(facts), this.layers(facts)].filter(Boolean),
    );
    for (const one of this.panel.querySelectorAll("details[data-name]")) one.open = open.includes(one.dataset.name);
    if (focused && this.panel.contains(byId(focused))) byId(focused).focus({ preventScroll: true });
  }

  /** Value of the delivered map of a run. */
  main(run) {
    return this.facts[run]?.values?.find((one) => one.key === this.about.runs[run].main);
  }

  value(run, key) {
    return this.facts[run]?.values?.find((one) => one.key === key)?.value ?? null;
  }

  words(run) {
    const found = this.main(run);
    if (this.facts[run] === null) return "off this map";
    if (!found) return this.facts[run] === undefined ? "reading" : "not known";
    if (found.value === null || (found.label === null && found.value === 0)) return "no data";
    return found.label ?? `${number(found.value)} ${found.unit}`;
  }

  heading(facts) {
    const found = this.main(this.side), confidence = this.value(this.side, "confidence"), seen = this.value(this.side, "validity");
    const notes = [
      found?.label ? `code ${found.value}` : null,
      confidence === null ? null : `confidence ${confidence} %`,
      seen === null ? null : `${seen} clear observation${seen === 1 ? "" : "s"}`,
    ].filter(Boolean);
    return element("div", { class: "what" }, swatch(found?.colour, true),
      element("div", {}, element("h1", { id: "inspector-title", "aria-live": "polite" }, this.words(this.side)), element("p", { class: "note" }, facts === undefined ? "" : notes.join(" · "))));
  }

  tabs() {
    if (this.about.runs.length < 2) return null;
    return element("div", { class: "tabs", role: "group", "aria-label": "Run" }, this.about.runs.map((run, k) =>
      element("button", { type: "button", id: `tab-${k}`, "aria-pressed": String(k === this.side), click: () => { this.side = k; this.draw(); } },
        swatch(this.main(k)?.colour), element("span", {}, element("span", { class: "note" }, run.short), element("span", {}, this.words(k))))));
  }

  coordinates(facts, look) {
    const { grid } = this.about;
    const rows = [["pixel", `row ${this.row}, column ${this.col}`]];
    if (facts?.x !== undefined) {
      const digits = grid.unit === "m" ? 1 : 6;
      rows.push([grid.crs, `${facts.x.toFixed(digits)}, ${facts.y.toFixed(digits)}`]);
      if (facts.longitude !== null) rows.push(["longitude, latitude", `${facts.longitude.toFixed(6)}, ${facts.latitude.toFixed(6)}`]);
    }
    if (look?.tile) rows.push(["tile", look.tile]);
    if (look?.region) rows.push(["region", look.region]);
    return element("dl", { class: "facts" }, rows.map(([name, text]) => [element("dt", {}, name), element("dd", {}, text)]));
  }

  probabilities(look) {
    const title = element("h2", {}, "Probabilities");
    if (look === undefined) return element("section", {}, title, element("p", { class: "waiting", id: "waiting" }, "Asking the models"));
    const parts = [];
    if (look?.problem) parts.push(element("p", { class: "problem", id: "inspector-problem" }, look.problem));
    const found = look?.opinion;
    if (found) {
      const mapped = this.main(this.side)?.value ?? 0;
      parts.push(element("p", { class: "note", id: "opinion" }, this.verdict(found, mapped)));
      const shown = found.probabilities.filter((one, k) => k < 3 || one.probability >= SHOWN);
      parts.push(this.bars(shown));
      const rest = found.probabilities.slice(shown.length);
      if (rest.length) parts.push(element("details", { "data-name": "rest" }, element("summary", {}, `${rest.length} more below ${percent(SHOWN, 1)}`), this.bars(rest)));
    }
    return parts.length ? element("section", { id: "probabilities" }, title, parts) : null;
  }

  verdict(found, mapped) {
    if (!found.label) return "Never seen clearly: the models are not asked.";
    const of = found.models > 1 ? `Mean of ${found.models} models` : "One model";
    const votes = found.draws > 1 ? `; ${found.votes} of ${found.draws} draws vote for the class` : "";
    const other = found.label === mapped ? "." : ". The map has another class than their vote: a later step of the run decided.";
    return `${of}${votes}${other}`;
  }

  bars(list) {
    return element("table", {}, element("tbody", {}, list.map((one) => element("tr", { "data-probability": one.probability, "data-code": one.code },
      element("th", { scope: "row" }, element("span", { class: "named" }, swatch(one.colour), one.label)),
      element("td", { class: "track", "aria-hidden": "true" }, element("i", { style: { width: `${100 * one.probability}%`, background: one.colour } })),
      element("td", { class: "number" }, percent(one.probability, 1))))));
  }

  series(look) {
    if (!look?.series?.length) return null;
    const several = new Set(look.series.map((one) => one.input)).size > 1;
    const name = (one) => (several ? `${one.input} ${one.band}` : one.band);
    const wanted = look.series.find((one) => name(one) === this.band) ?? look.series.find((one) => one.band.toUpperCase() === "NDVI") ?? look.series.at(-1);
    const drawn = element("div", {}, chart(wanted));
    const select = element("select", { id: "band", "aria-label": "Band or index", change: (event) => {
      this.band = event.target.value;
      drawn.replaceChildren(chart(look.series.find((one) => name(one) === this.band)));
    } }, look.series.map((one) => element("option", { value: name(one), selected: one === wanted }, name(one))));
    return element("section", { id: "series" }, element("div", { class: "chart-head" }, element("h2", {}, "Series"), select), drawn);
  }

  polygons(facts) {
    if (!facts?.polygons?.length) return null;
    const draws = this.about.runs[this.side].draws;
    return element("section", { id: "polygons" }, element("h2", {}, "Nearest learning polygons"), element("table", {}, element("tbody", {}, facts.polygons.map((one) =>
      element("tr", {}, element("th", { scope: "row" }, element("span", { class: "named" }, swatch(one.colour), one.label)),
        element("td", { class: "number" }, `no. ${one.polygon}`), draws > 1 ? element("td", { class: "number note" }, `${one.learning} of ${draws} draws`) : null,
        element("td", { class: "number" }, one.metres === 0 ? "inside" : metres(one.metres)))))));
  }

  layers(facts) {
    const others = facts?.values?.filter((one) => ![this.about.runs[this.side].main, "confidence", "validity"].includes(one.key)) ?? [];
    if (!others.length) return null;
    return element("section", {}, element("details", { "data-name": "layers" }, element("summary", {}, "All layers at this pixel"), element("dl", {}, others.map((one) => [
      element("dt", {}, one.group ? `${one.group}: ${one.title.toLowerCase()}` : one.title),
      element("dd", {}, one.value === null ? "no data" : (one.label ?? `${number(one.value)} ${one.unit}`)),
    ]))));
  }
}
