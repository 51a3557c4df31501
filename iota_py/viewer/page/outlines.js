// Outlines over the map: asked for around what is seen, drawn by the map.

import { fetched } from "./elements.js";

const STYLES = {
  polygons: { colour: "#ffffff", casing: "rgb(28 36 48 / 0.85)", width: 1.2 },
  regions: { colour: "#14213d", casing: "#ffffff", width: 3 },
};

export class Outlines {
  constructor(map, about, onProblem) {
    this.map = map;
    this.about = about;
    this.onProblem = onProblem;
    this.shown = new Set();
    this.loaded = new Map(); // name -> {part, scale, path}
    map.addEventListener("view", () => this.later());
  }

  show(names) {
    this.shown = new Set(names);
    this.refresh();
    this.update();
  }

  later() {
    if (!this.shown.size) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.update(), 150);
  }

  /** Ask again where the screen has left the part that is there, or sees it twice as large or as small. */
  async update() {
    const { part, scale } = this.map;
    for (const name of this.shown) {
      const there = this.loaded.get(name);
      const near = there && scale / there.scale < 2 && there.scale / scale < 2;
      if (near && part[0] >= there.part[0] && part[1] >= there.part[1] && part[2] <= there.part[2] && part[3] <= there.part[3]) continue;
      const wide = (part[2] - part[0]) / 2, high = (part[3] - part[1]) / 2;
      const around = [part[0] - wide, part[1] - high, part[2] + wide, part[3] + high].map(Math.round);
      const run = Math.max(0, this.about.runs.findIndex((one) => one.overlays.some((other) => other.key === name)));
      const query = `left=${around[0]}&top=${around[1]}&right=${around[2]}&bottom=${around[3]}&step=${(1 / scale).toFixed(6)}`;
      try {
        const found = await fetched(`outlines/${run}/${name}.json?${query}`);
        this.loaded.set(name, { part: around, scale, path: pathOf(found.features), more: found.more });
        this.onProblem(found.more ? `${found.more} outlines are left out: zoom in` : "");
      } catch (error) {
        this.onProblem(error.message);
      }
      this.refresh();
    }
  }

  refresh() {
    const drawn = Object.keys(STYLES).filter((name) => this.shown.has(name) && this.loaded.has(name));
    this.map.paths = drawn.map((name) => ({ ...STYLES[name], path: this.loaded.get(name).path }));
    this.map.redraw();
  }
}

function pathOf(features) {
  const path = new Path2D();
  const draw = ({ type, coordinates, geometries }) => {
    if (type === "GeometryCollection") geometries.forEach(draw);
    else if (type === "MultiPolygon") coordinates.flat().forEach((ring) => line(path, ring));
    else if (type === "Polygon" || type === "MultiLineString") coordinates.forEach((ring) => line(path, ring));
    else if (type === "LineString") line(path, coordinates);
    else for (const [x, y] of type === "Point" ? [coordinates] : coordinates) path.rect(x - 0.5, y - 0.5, 1, 1);
  };
  for (const feature of features) draw(feature.geometry);
  return path;
}

function line(path, points) {
  points.forEach(([x, y], k) => (k ? path.lineTo(x, y) : path.moveTo(x, y)));
}
