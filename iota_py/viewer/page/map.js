// The map frame: squares of rasters on a canvas, moved and zoomed. Positions are pixels (column, row) of the grid of the map.

const KEPT = 500; // squares that stay in memory
const CLOSEST = 64; // screen pixels of a pixel of the map, at most
const CLICK = 5; // screen pixels that a click may wander

export class MapView extends EventTarget {
  constructor(canvas, grid) {
    super();
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.grid = grid;
    this.x = grid.width / 2;
    this.y = grid.height / 2;
    this.scale = 1;
    this.padding = { left: 0, right: 0, top: 0, bottom: 0 };
    this.sources = []; // functions of (level, col, row) that give addresses: one, or the two sides of the bar
    this.opacity = 1;
    this.split = 0.5;
    this.paths = []; // outlines: {path, colour, width}
    this.marked = null;
    this.squares = new Map();
    this.pointers = new Map();
    this.listen();
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.resize();
  }

  /** Show the whole map beside what covers the page. */
  fit() {
    const { left, right, top, bottom } = this.padding;
    const wide = Math.max(60, this.width - left - right), high = Math.max(60, this.height - top - bottom);
    this.scale = Math.min(CLOSEST, 0.96 * Math.min(wide / this.grid.width, high / this.grid.height));
    this.x = this.grid.width / 2 - (left - right) / 2 / this.scale;
    this.y = this.grid.height / 2 - (top - bottom) / 2 / this.scale;
    this.changed();
  }

  resize() {
    this.ratio = window.devicePixelRatio || 1;
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.canvas.width = Math.max(1, Math.round(this.width * this.ratio));
    this.canvas.height = Math.max(1, Math.round(this.height * this.ratio));
    this.changed();
  }

  /** Position under a point of the screen. */
  position(left, top) {
    return [this.x + (left - this.width / 2) / this.scale, this.y + (top - this.height / 2) / this.scale];
  }

  /** Part of the grid that the screen shows: left, top, right, bottom. */
  get part() {
    return [...this.position(0, 0), ...this.position(this.width, this.height)];
  }

  /** The pixel of a position, null off the map. */
  pixel([x, y]) {
    const col = Math.floor(x), row = Math.floor(y);
    return col >= 0 && row >= 0 && col < this.grid.width && row < this.grid.height ? { row, col } : null;
  }

  move(dx, dy) {
    this.x += dx / this.scale;
    this.y += dy / this.scale;
    this.changed();
  }

  /** Zoom by a factor around a point of the screen, by default the middle of what is not covered. */
  zoom(factor, left = null, top = null) {
    left ??= (this.width + this.padding.left - this.padding.right) / 2;
    top ??= (this.height + this.padding.top - this.padding.bottom) / 2;
    const [x, y] = this.position(left, top);
    const least = 0.25 * Math.min(this.width / this.grid.width, this.height / this.grid.height, 1);
    this.scale = Math.min(CLOSEST, Math.max(least, this.scale * factor));
    this.x = x - (left - this.width / 2) / this.scale;
    this.y = y - (top - this.height / 2) / this.scale;
    this.changed();
  }

  /** Move a pixel out from under what covers the page. */
  uncover(row, col) {
    const { left, right, top, bottom } = this.padding, rim = 40;
    const x = (col + 0.5 - this.x) * this.scale + this.width / 2, y = (row + 0.5 - this.y) * this.scale + this.height / 2;
    const over = (at, first, last) => (at < first + rim ? at - first - rim : at > last - rim ? at - last + rim : 0);
    const dx = over(x, left, this.width - right), dy = over(y, top, this.height - bottom);
    if (dx || dy) this.move(dx, dy);
  }

  changed() {
    this.x = Math.min(this.grid.width, Math.max(0, this.x));
    this.y = Math.min(this.grid.height, Math.max(0, this.y));
    this.redraw();
    this.dispatchEvent(new Event("view"));
  }

  redraw() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      this.draw();
    });
  }

  draw() {
    const { context, canvas } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingEnabled = false;
    const edge = Math.round(canvas.width * this.split);
    this.sources.forEach((source, side) => {
      context.save();
      context.globalAlpha = this.opacity;
      if (this.sources.length > 1) {
        context.beginPath();
        context.rect(side ? edge : 0, 0, side ? canvas.width - edge : edge, canvas.height);
        context.clip();
      }
      if (source.address) this.drawSource(source);
      context.restore();
    });
    this.drawLines();
    const busy = [...this.squares.values()].some((one) => one.state === "asked");
    canvas.parentElement.setAttribute("aria-busy", String(busy));
  }

  /** Place of a column or row on the canvas, on a whole pixel, so that squares meet. */
  onCanvas(position, middle, length) {
    return Math.round((position - middle) * this.scale * this.ratio + length / 2);
  }

  drawSource(source) {
    const { side, last, width, height } = this.grid;
    const level = Math.min(last, Math.max(0, last + Math.ceil(Math.log2(this.scale * this.ratio) - 1e-9)));
    const span = side * 2 ** (last - level);
    const [left, top, right, bottom] = this.part;
    const rows = [Math.max(0, Math.floor(top / span)), Math.min(Math.ceil(height / span), Math.ceil(bottom / span))];
    const cols = [Math.max(0, Math.floor(left / span)), Math.min(Math.ceil(width / span), Math.ceil(right / span))];
    for (let row = rows[0]; row < rows[1]; row++) for (let col = cols[0]; col < cols[1]; col++) this.drawSquare(source, level, col, row, span);
  }

  drawSquare(source, level, col, row, span) {
    const { canvas, context } = this;
    const x0 = this.onCanvas(col * span, this.x, canvas.width), x1 = this.onCanvas((col + 1) * span, this.x, canvas.width);
    const y0 = this.onCanvas(row * span, this.y, canvas.height), y1 = this.onCanvas((row + 1) * span, this.y, canvas.height);
    const own = this.square(source.address(level, col, row));
    const size = this.grid.side;
    if (own.state === "there") {
      context.drawImage(own.image, x0, y0, x1 - x0, y1 - y0);
      return;
    }
    const before = source.before && this.squares.get(source.before(level, col, row)); // the same square in its last colours
    if (before?.state === "there") {
      context.drawImage(before.image, x0, y0, x1 - x0, y1 - y0);
      return;
    }
    for (let up = 1; up <= level; up++) { // a coarser one that is there
      const coarse = this.squares.get(source.address(level - up, col >> up, row >> up));
      if (coarse?.state !== "there") continue;
      const part = size / 2 ** up, mask = 2 ** up - 1;
      context.drawImage(coarse.image, (col & mask) * part, (row & mask) * part, part, part, x0, y0, x1 - x0, y1 - y0);
      return;
    }
  }

  /** A square by its address: asked for when it is not there; the one used longest ago is forgotten. */
  square(address) {
    let found = this.squares.get(address);
    if (found) {
      this.squares.delete(address);
    } else {
      const image = new Image();
      found = { image, state: "asked" };
      image.onload = () => { found.state = "there"; this.redraw(); };
      image.onerror = () => { found.state = "failed"; this.redraw(); this.dispatchEvent(new CustomEvent("missing", { detail: address })); };
      image.src = address;
      if (this.squares.size >= KEPT) this.squares.delete(this.squares.keys().next().value);
    }
    this.squares.set(address, found);
    return found;
  }

  /** Outlines, the edge of the map, the pixel that is looked at, and a cross in the middle for those who use the keys. */
  drawLines() {
    const { context, canvas, ratio } = this;
    const k = this.scale * ratio;
    context.setTransform(k, 0, 0, k, canvas.width / 2 - this.x * k, canvas.height / 2 - this.y * k);
    for (const { path, colour, casing, width } of this.paths) {
      for (const [style, wide] of [[casing, width + 2], [colour, width]]) {
        context.strokeStyle = style;
        context.lineWidth = (wide * ratio) / k;
        context.stroke(path);
      }
    }
    if (this.marked) {
      const size = Math.max(1, (11 * ratio) / k), rest = (size - 1) / 2;
      for (const [style, wide] of [["#fff", 5], ["#111", 2]]) {
        context.strokeStyle = style;
        context.lineWidth = (wide * ratio) / k;
        context.strokeRect(this.marked.col - rest, this.marked.row - rest, size, size);
      }
    }
    if (document.activeElement === this.canvas && this.byKeys) this.drawCross();
  }

  drawCross() {
    const { context, ratio } = this;
    const x = ((this.width + this.padding.left - this.padding.right) / 2) * ratio, y = ((this.height + this.padding.top - this.padding.bottom) / 2) * ratio;
    context.setTransform(1, 0, 0, 1, 0, 0);
    for (const [style, wide] of [["#fff", 4], ["#111", 1.5]]) {
      context.strokeStyle = style;
      context.lineWidth = wide * ratio;
      context.beginPath();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        context.moveTo(x + 4 * dx * ratio, y + 4 * dy * ratio);
        context.lineTo(x + 14 * dx * ratio, y + 14 * dy * ratio);
      }
      context.stroke();
    }
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.moved(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => this.up(event));
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 30 : 1;
      const step = Math.max(-240, Math.min(240, event.deltaY * lines));
      this.zoom(Math.exp(-step * (event.ctrlKey ? 0.01 : 0.0025)), event.offsetX, event.offsetY);
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => this.key(event));
    for (const name of ["focus", "blur"]) canvas.addEventListener(name, () => this.redraw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
  }

  down(event) {
    if (event.button > 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    this.byKeys = false;
    if (this.pointers.size === 1) this.wandered = 0;
    else this.wandered = Infinity;
  }

  moved(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      this.dispatchEvent(new CustomEvent("hover", { detail: this.position(event.offsetX, event.offsetY) }));
      return;
    }
    const now = { x: event.offsetX, y: event.offsetY };
    if (this.pointers.size === 1) {
      this.wandered += Math.hypot(now.x - before.x, now.y - before.y);
      if (this.wandered > CLICK) {
        this.canvas.classList.add("dragged");
        this.move(before.x - now.x, before.y - now.y);
      } else return; // may still become a click: the place it began at stays
    } else {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)[1];
      const far = (one) => Math.hypot(one.x - other.x, one.y - other.y) || 1;
      this.zoom(far(now) / far(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
      this.move((before.x - now.x) / 2, (before.y - now.y) / 2);
    }
    this.pointers.set(event.pointerId, now);
  }

  up(event) {
    const known = this.pointers.delete(event.pointerId);
    this.canvas.classList.remove("dragged");
    if (known && event.type === "pointerup" && this.wandered <= CLICK) this.choose(event.offsetX, event.offsetY);
  }

  /** Say which pixel was chosen, and on which side of the bar. */
  choose(left, top) {
    const pixel = this.pixel(this.position(left, top));
    const side = this.sources.length > 1 && left > this.width * this.split ? 1 : 0;
    if (pixel) this.dispatchEvent(new CustomEvent("choose", { detail: { ...pixel, side } }));
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? this.scale : 90;
    const { left, right, top, bottom } = this.padding;
    const keys = {
      ArrowLeft: () => this.move(-step, 0), ArrowRight: () => this.move(step, 0), ArrowUp: () => this.move(0, -step), ArrowDown: () => this.move(0, step),
      "+": () => this.zoom(1.5), "=": () => this.zoom(1.5), "-": () => this.zoom(1 / 1.5), "0": () => this.fit(), Home: () => this.fit(),
      Enter: () => this.choose((this.width + left - right) / 2, (this.height + top - bottom) / 2),
    };
    const found = keys[event.key];
    this.byKeys = true;
    this.redraw();
    if (found) {
      event.preventDefault();
      found();
    }
  }
}
