// Layers, opacity, outlines and legend: what the map shows.

import { byId, drawing, element, number, percent, swatch } from "./elements.js";

const EYE = "M1.5 8.5C4 4.5 13 4.5 15.5 8.5 13 12.5 4 12.5 1.5 8.5Z M8.5 6.6a1.9 1.9 0 1 0 .01 0";
const DIFFERENCE = "difference-of-runs";

export class Panel extends EventTarget {
  constructor(about) {
    super();
    this.about = about;
    this.layer = about.runs[0].main;
    this.hidden = new Set();
    this.lit = null;
    this.opacity = 1;
    this.outlines = new Set();
    this.swipe = about.runs.length > 1;
    this.order = [];
    this.describe();
    this.listLayers();
    this.listOutlines();
    this.listen();
    this.drawLegend();
  }

  describe() {
    const [first, second] = this.about.runs;
    const { width, height } = this.about.grid;
    document.title = second ? `${first.short} | ${second.short}` : first.title;
    byId("title").textContent = second ? `${first.short} and ${second.short}` : first.title;
    byId("subtitle").textContent = `${width} × ${height} pixels, ${this.about.grid.crs}`;
    byId("swipe-row").hidden = !second;
  }

  /** What is delivered first, then, folded, the layers of each group. */
  listLayers() {
    const box = byId("layers");
    const groups = new Map([["", []]]);
    for (const one of this.about.runs.flatMap((run) => run.layers)) {
      const group = groups.get(one.group) ?? [];
      if (!group.some((other) => other.key === one.key)) groups.set(one.group, [...group, one]);
    }
    for (const one of groups.get("")) box.append(this.choice(one.key, one.title));
    if (this.about.difference) box.append(this.choice(DIFFERENCE, "Difference of the two runs"));
    for (const [name, layers] of groups) {
      if (name !== "") box.append(element("details", {}, element("summary", {}, name), layers.map((one) => this.choice(one.key, one.title))));
    }
  }

  choice(key, title) {
    const digit = this.order.push(key);
    const id = `layer-${key}`;
    return element("div", { class: "choice" },
      element("input", { type: "radio", name: "layer", id, value: key, checked: key === this.layer, change: () => this.choose(key) }),
      element("label", { for: id }, title), digit < 10 ? element("kbd", { "aria-hidden": "true" }, String(digit)) : null);
  }

  listOutlines() {
    const box = byId("outlines");
    const known = new Map(this.about.runs.flatMap((run) => run.overlays).map((one) => [one.key, one.title]));
    box.hidden = known.size === 0;
    for (const [key, title] of known) {
      const id = `outlines-${key}`;
      box.append(element("div", { class: "choice" }, element("input", { type: "checkbox", id, change: (event) => {
        if (event.target.checked) this.outlines.add(key); else this.outlines.delete(key);
        this.changed();
      } }), element("label", { for: id }, title)));
    }
  }

  listen() {
    byId("opacity").addEventListener("input", (event) => this.setOpacity(event.target.value / 100));
    byId("swipe").addEventListener("change", (event) => { this.swipe = event.target.checked; this.changed(); });
    byId("fold").addEventListener("click", () => {
      const folded = byId("panel").classList.toggle("folded");
      byId("fold").textContent = folded ? "Show" : "Hide";
      byId("fold").setAttribute("aria-expanded", String(!folded));
      this.dispatchEvent(new Event("folded"));
    });
  }

  setOpacity(value) {
    this.opacity = Math.min(1, Math.max(0, value));
    byId("opacity").value = Math.round(100 * this.opacity);
    byId("opacity-text").textContent = percent(this.opacity);
    this.changed();
  }

  choose(key) {
    this.layer = key;
    this.hidden.clear();
    this.lit = null;
    const radio = byId(`layer-${key}`);
    radio.checked = true;
    if (radio.closest("details")) radio.closest("details").open = true;
    byId("swipe").disabled = this.comparing;
    this.drawLegend();
    this.changed();
  }

  /** A key of the map that is for the panel. */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key >= "1" && event.key <= "9" && this.order[event.key - 1]) this.choose(this.order[event.key - 1]);
    if (event.key === "[") this.setOpacity(this.opacity - 0.1);
    if (event.key === "]") this.setOpacity(this.opacity + 0.1);
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** The layer of a run, undefined where it has none of that name. */
  found(run) {
    return this.about.runs[run].layers.find((one) => one.key === this.layer);
  }

  get comparing() {
    return this.layer === DIFFERENCE;
  }

  /** What the map draws: one source, or one for each side of the bar; null for a run without the layer. */
  addresses() {
    const style = [this.hidden.size ? `hidden=${[...this.hidden].sort((a, b) => a - b).join(",")}` : "", this.lit === null ? "" : `lit=${this.lit}`].filter(Boolean).join("&");
    const query = style ? `?${style}` : "";
    if (this.comparing) return [(level, col, row) => `${DIFFERENCE}/${level}/${col}/${row}.png`];
    const runs = this.swipe ? [0, 1] : [Math.max(0, this.about.runs.findIndex((_, run) => this.found(run)))];
    return runs.map((run) => (this.found(run) ? (level, col, row) => `tile/${run}/${this.layer}/${level}/${col}/${row}.png${query}` : null));
  }

  drawLegend() {
    const box = byId("legend");
    box.replaceChildren();
    if (this.comparing) {
      box.append(this.plain(this.about.difference));
      return;
    }
    const [own, other] = this.about.runs.map((_, run) => this.found(run));
    if (own || other) box.append(this.legendOf(own ?? other));
    if (own && other && JSON.stringify(legendWords(other)) !== JSON.stringify(legendWords(own))) {
      box.append(element("p", { class: "note legend-name" }, this.about.runs[1].short), other.entries.length ? this.plain(other.entries) : this.rampOf(other));
    }
  }

  legendOf(layer) {
    if (!layer.entries.length) return this.rampOf(layer);
    const known = layer.entries.some((one) => one.share !== null);
    const present = layer.entries.filter((one) => !known || one.share > 0), absent = layer.entries.filter((one) => known && !(one.share > 0));
    return element("div", {}, this.classes(present),
      absent.length ? element("details", {}, element("summary", {}, `${absent.length} classes are not on the map`), this.plain(absent)) : null);
  }

  /** Classes to highlight (name) and to hide (eye). */
  classes(entries) {
    return element("ul", { class: "classes" }, entries.map((one) => element("li", { class: this.hidden.has(one.value) ? "off" : "", "data-value": one.value },
      element("button", { type: "button", class: "name", "aria-pressed": String(this.lit === one.value), title: "Highlight", click: (event) => this.light(one.value, event) },
        swatch(one.colour), element("span", {}, one.label), one.share === null ? null : element("span", { class: "share" }, percent(one.share, one.share < 0.1 ? 1 : 0))),
      element("button", { type: "button", class: "eye", "aria-pressed": String(this.hidden.has(one.value)), "aria-label": `Hide ${one.label}`, title: "Hide or show", click: (event) => this.hide(one.value, event) },
        drawing("svg", { viewBox: "0 0 17 17", "aria-hidden": "true" }, drawing("path", { d: this.hidden.has(one.value) ? `${EYE} M2 15 15 2` : EYE }))))));
  }

  light(value, event) {
    this.lit = this.lit === value ? null : value;
    this.restyle(value, event);
  }

  hide(value, event) {
    if (!this.hidden.delete(value)) this.hidden.add(value);
    this.restyle(value, event);
  }

  /** Draw the legend anew and leave the focus where it was. */
  restyle(value, event) {
    const name = event.currentTarget.className;
    this.drawLegend();
    byId("legend").querySelector(`li[data-value="${value}"] .${name}`)?.focus({ preventScroll: true });
    this.changed();
  }

  plain(entries) {
    return element("ul", { class: "classes" }, entries.map((one) => element("li", {}, element("span", { class: "choice" }, swatch(one.colour), one.label))));
  }

  rampOf(layer) {
    const ends = [layer.low, layer.high].map((value) => element("span", {}, `${number(value)} ${layer.unit}`.trim()));
    return element("div", {}, element("span", { class: "ramp", style: { background: `linear-gradient(to right, ${this.about.ramp.join(", ")})` } }), element("div", { class: "ends" }, ends));
  }
}

function legendWords(layer) {
  return layer && [layer.entries.map((one) => [one.value, one.label, one.colour]), layer.entries.length ? null : [layer.low, layer.high, layer.unit]];
}
