// Draws one slice of one frame with its masks, and changes the masks with a brush.

const COLOURS = { 1: [86, 180, 233], 2: [213, 94, 0] }; // myocardium, blood pool: the colours of the figures
const MARGIN = 0.3; // around the heart, as a share of its size
const MOST_ZOOM = 12;
const UNDO_STEPS = 200;

export class Viewer extends EventTarget {
  // Events: `view` (slice, frame, zoom or tool changed), `stroke` (masks of a frame changed; detail: frame, done).
  constructor(canvas) {
    super();
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.picture = document.createElement("canvas");
    this.cover = document.createElement("canvas");
    Object.assign(this, { slice: 0, frame: 0, tool: "look", radius: 3, opacity: 0.35, fill: false, outline: true });
    Object.assign(this, { contrast: 0, brightness: 0, zoom: 1, centre: [0, 0], cine: null, masks: null, cursor: null, undo: [] });
    new ResizeObserver(() => this.redraw()).observe(canvas);
    this.#listen();
  }

  // cine: {shape: [rows, columns, slices, frames], spacing: [row, column, slice], images: Uint8Array}
  show(cine) {
    this.cine = cine;
    this.masks = null;
    this.undo = [];
    const [rows, columns, slices, frames] = cine.shape;
    for (const canvas of [this.picture, this.cover]) [canvas.width, canvas.height] = [columns, rows];
    this.slice = Math.min(this.slice, slices - 1) || slices >> 1;
    this.frame = Math.min(this.frame, frames - 1);
    this.whole();
  }

  clear() {
    Object.assign(this, { cine: null, masks: null, stroke: null });
    this.context.resetTransform();
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  setMasks(masks) {
    Object.assign(this, { masks, undo: [], stroke: null });
    this.counts = count(masks, this.cine.shape);
    this.box = this.heartBox();
    this.redraw();
  }

  offset(slice = this.slice, frame = this.frame) {
    const [rows, columns, , frames] = this.cine.shape;
    return (slice * frames + frame) * rows * columns;
  }

  go(slice, frame) {
    const [, , slices, frames] = this.cine.shape;
    this.slice = Math.max(0, Math.min(slices - 1, slice));
    this.frame = ((frame % frames) + frames) % frames;
    this.#changed();
  }

  set(values) {
    Object.assign(this, values);
    this.#changed();
  }

  #changed() {
    this.redraw();
    this.dispatchEvent(new Event("view"));
  }

  redraw() {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => {
      this.pending = null;
      if (this.cine) this.draw();
    });
  }

  // ------------------------------------------------------------------------------------------------- zoom
  whole() {
    const [rows, columns] = this.cine.shape;
    this.zoom = 1;
    this.centre = [columns / 2, rows / 2];
    this.#changed();
  }

  heartBox() {
    const [rows, columns] = this.cine.shape, size = rows * columns;
    const box = [columns, rows, 0, 0];
    for (let index = 0; this.masks && index < this.masks.length; index++) {
      if (!this.masks[index]) continue;
      const inside = index % size, x = inside % columns, y = (inside / columns) | 0;
      if (x < box[0]) box[0] = x;
      if (y < box[1]) box[1] = y;
      if (x > box[2]) box[2] = x;
      if (y > box[3]) box[3] = y;
    }
    return box[2] < box[0] ? null : box;
  }

  // The size of the canvas, and its pixels per mm at which the whole image just fits.
  #fit() {
    const [rows, columns] = this.cine.shape, [sr, sc] = this.cine.spacing;
    const { width, height } = this.canvas.getBoundingClientRect();
    return { width, height, fit: Math.min(width / (columns * sc), height / (rows * sr)) };
  }

  toHeart(box = this.heartBox()) {
    if (!box) return this.whole();
    const { width, height, fit } = this.#fit(), [sr, sc] = this.cine.spacing;
    const wide = (box[2] - box[0] + 1) * sc * (1 + 2 * MARGIN), high = (box[3] - box[1] + 1) * sr * (1 + 2 * MARGIN);
    this.zoom = Math.max(1, Math.min(MOST_ZOOM, Math.min(width / wide, height / high) / fit));
    this.centre = [(box[0] + box[2] + 1) / 2, (box[1] + box[3] + 1) / 2];
    this.#changed();
  }

  transform() {
    const { width, height, fit } = this.#fit(), [sr, sc] = this.cine.spacing;
    const [kx, ky] = [fit * this.zoom * sc, fit * this.zoom * sr];
    return { kx, ky, x: width / 2 - this.centre[0] * kx, y: height / 2 - this.centre[1] * ky, width, height };
  }

  zoomBy(factor, at) {
    const before = this.transform();
    const point = at ?? [before.width / 2, before.height / 2];
    const pixel = [(point[0] - before.x) / before.kx, (point[1] - before.y) / before.ky];
    this.zoom = Math.max(1, Math.min(MOST_ZOOM, this.zoom * factor));
    const after = this.transform();
    this.centre = [pixel[0] - (point[0] - after.width / 2) / after.kx, pixel[1] - (point[1] - after.height / 2) / after.ky];
    if (this.zoom === 1) this.centre = [this.cine.shape[1] / 2, this.cine.shape[0] / 2];
    this.#changed();
  }

  // ------------------------------------------------------------------------------------------------- drawing
  draw() {
    const { kx, ky, x, y, width, height } = this.transform(), ratio = window.devicePixelRatio || 1;
    const [rows, columns] = this.cine.shape, context = this.context;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      [this.canvas.width, this.canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    paint(this.picture, this.cine.images, this.offset(), this.levels());
    context.imageSmoothingEnabled = true;
    context.drawImage(this.picture, x, y, columns * kx, rows * ky);
    if (this.masks) this.#drawMasks({ kx, ky, x, y });
    this.drawn = (this.drawn ?? 0) + 1;
  }

  #drawMasks({ kx, ky, x, y }) {
    const [rows, columns] = this.cine.shape, context = this.context;
    const labels = this.masks.subarray(this.offset(), this.offset() + rows * columns);
    if (this.fill && this.opacity > 0) {
      cover(this.cover, labels, this.opacity);
      context.imageSmoothingEnabled = false;
      context.drawImage(this.cover, x, y, columns * kx, rows * ky);
    }
    if (this.outline && this.opacity > 0) {
      context.globalAlpha = Math.min(1, 0.35 + this.opacity);
      context.lineWidth = 2;
      for (const [label, least] of [[1, 1], [2, 2]]) {
        context.strokeStyle = `rgb(${COLOURS[label]})`;
        context.stroke(outline(labels, columns, rows, this.box, least, { kx, ky, x, y }));
      }
      context.globalAlpha = 1;
    }
    if (this.tool !== "look" && this.cursor) {
      const [column, row] = this.cursor;
      context.strokeStyle = this.tool === "0" ? "#fff" : `rgb(${COLOURS[this.tool]})`;
      context.lineWidth = 1.5;
      context.beginPath();
      context.ellipse(x + (column + 0.5) * kx, y + (row + 0.5) * ky, (this.radius + 0.5) * kx, (this.radius + 0.5) * ky, 0, 0, 7);
      context.stroke();
    }
  }

  levels() {
    const key = `${this.contrast},${this.brightness}`;
    if (this.levelsKey !== key) {
      const gain = 1 / (1 - this.contrast / 100), table = new Uint32Array(256);
      for (let value = 0; value < 256; value++) {
        const grey = Math.max(0, Math.min(255, Math.round((value - 128 + 1.28 * this.brightness) * gain + 128)));
        table[value] = (255 << 24) | (grey << 16) | (grey << 8) | grey;
      }
      [this.levelsKey, this.table] = [key, table];
    }
    return this.table;
  }

  // ------------------------------------------------------------------------------------------------- the brush
  #pixel(event) {
    const { kx, ky, x, y } = this.transform(), box = this.canvas.getBoundingClientRect();
    return [Math.floor((event.clientX - box.left - x) / kx), Math.floor((event.clientY - box.top - y) / ky)];
  }

  #listen() {
    const canvas = this.canvas;
    let last = null, drag = null;
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.cine) return;
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      if (this.tool === "look" || !this.masks || event.button !== 0) drag = [event.clientX, event.clientY, ...this.centre];
      else {
        this.beginStroke();
        last = this.cursor = this.#pixel(event);
        this.line(last, last);
      }
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.cine) return;
      if (drag) {
        const { kx, ky } = this.transform();
        this.centre = [drag[2] - (event.clientX - drag[0]) / kx, drag[3] - (event.clientY - drag[1]) / ky];
      } else if (last) {
        for (const part of event.getCoalescedEvents?.() ?? [event]) {
          const next = this.#pixel(part);
          this.line(last, next);
          last = next;
        }
        this.cursor = last;
      } else this.cursor = this.#pixel(event);
      this.redraw();
    });
    const finish = () => {
      if (last) this.endStroke();
      last = drag = null;
    };
    canvas.addEventListener("pointerup", finish);
    canvas.addEventListener("pointercancel", finish);
    canvas.addEventListener("pointerleave", () => {
      if (last) return;
      this.cursor = null;
      this.redraw();
    });
    canvas.addEventListener("wheel", (event) => {
      if (!this.cine) return;
      event.preventDefault();
      const box = canvas.getBoundingClientRect();
      if (event.ctrlKey || event.shiftKey) this.zoomBy(Math.exp(-event.deltaY / 300), [event.clientX - box.left, event.clientY - box.top]);
      else this.go(this.slice + Math.sign(event.deltaY), this.frame);
    }, { passive: false });
  }

  beginStroke() {
    this.stroke = { slice: this.slice, frame: this.frame, before: new Map() };
  }

  line(from, to) {
    if (!this.stroke) return; // another mouse is shown since it began
    const [rows, columns] = this.cine.shape, base = this.offset(), radius = this.radius, label = Number(this.tool);
    const steps = Math.max(1, Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]));
    for (let step = 0; step <= steps; step++) {
      const cx = Math.round(from[0] + ((to[0] - from[0]) * step) / steps), cy = Math.round(from[1] + ((to[1] - from[1]) * step) / steps);
      for (let y = Math.max(0, cy - radius); y <= Math.min(rows - 1, cy + radius); y++) {
        for (let x = Math.max(0, cx - radius); x <= Math.min(columns - 1, cx + radius); x++) {
          if ((x - cx) ** 2 + (y - cy) ** 2 <= (radius + 0.3) ** 2) this.#put(base + y * columns + x, label);
        }
      }
    }
    this.redraw();
    this.dispatchEvent(new CustomEvent("stroke", { detail: { frame: this.frame, done: false } }));
  }

  #put(index, label) {
    const old = this.masks[index];
    if (old === label) return;
    if (!this.stroke.before.has(index)) this.stroke.before.set(index, old);
    this.masks[index] = label;
    const inside = index % (this.cine.shape[0] * this.cine.shape[1]), x = inside % this.cine.shape[1], y = (inside / this.cine.shape[1]) | 0;
    const box = (this.box ??= [x, y, x, y]);
    this.box = [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)];
    this.counts[old][this.frame]--;
    this.counts[label][this.frame]++;
  }

  endStroke() {
    const stroke = this.stroke;
    this.stroke = null;
    if (!stroke?.before.size) return;
    this.undo.push(stroke);
    if (this.undo.length > UNDO_STEPS) this.undo.shift();
    this.dispatchEvent(new CustomEvent("stroke", { detail: { frame: stroke.frame, done: true } }));
  }

  undoStroke() {
    const stroke = this.undo.pop();
    if (!stroke) return;
    for (const [index, old] of stroke.before) {
      this.counts[this.masks[index]][stroke.frame]--;
      this.counts[old][stroke.frame]++;
      this.masks[index] = old;
    }
    this.go(stroke.slice, stroke.frame);
    this.dispatchEvent(new CustomEvent("stroke", { detail: { frame: stroke.frame, done: true } }));
  }

  // The masks of a frame, axes (slice, row, column).
  frameMasks(frame) {
    const [rows, columns, slices] = this.cine.shape, size = rows * columns, found = new Uint8Array(size * slices);
    for (let slice = 0; slice < slices; slice++) {
      const start = this.offset(slice, frame);
      found.set(this.masks.subarray(start, start + size), slice * size);
    }
    return found;
  }

  putFrame(frame, found) {
    const [rows, columns, slices] = this.cine.shape, size = rows * columns;
    for (let slice = 0; slice < slices; slice++) this.masks.set(found.subarray(slice * size, (slice + 1) * size), this.offset(slice, frame));
    this.setMasks(this.masks);
  }

  // Draw a slice of the shown frame, cut to a box, into a small canvas.
  thumbnail(canvas, slice, box) {
    const [rows, columns] = this.cine.shape, [left, top, right, bottom] = box ?? [0, 0, columns - 1, rows - 1];
    const side = Math.max(right - left, bottom - top) * 1.25 + 1, x = (left + right + 1 - side) / 2, y = (top + bottom + 1 - side) / 2;
    const context = canvas.getContext("2d"), scale = canvas.width / side;
    paint(this.picture, this.cine.images, this.offset(slice), this.levels());
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.picture, -x * scale, -y * scale, columns * scale, rows * scale);
    if (!this.masks || this.opacity === 0) return;
    const labels = this.masks.subarray(this.offset(slice), this.offset(slice) + rows * columns);
    context.lineWidth = 1.5;
    for (const label of [1, 2]) {
      context.strokeStyle = `rgb(${COLOURS[label]})`;
      context.stroke(outline(labels, columns, rows, this.box, label, { kx: scale, ky: scale, x: -x * scale, y: -y * scale }));
    }
  }
}

// The pixels of a canvas, which are kept.
const kept = new WeakMap();
function pixelsOf(canvas) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let found = kept.get(canvas);
  if (found?.image.width !== canvas.width || found.image.height !== canvas.height) {
    const image = context.createImageData(canvas.width, canvas.height);
    kept.set(canvas, (found = { context, image, pixels: new Uint32Array(image.data.buffer) }));
  }
  return found;
}

function paint(canvas, bytes, start, table) {
  const { context, image, pixels } = pixelsOf(canvas);
  for (let index = 0; index < pixels.length; index++) pixels[index] = table[bytes[start + index]];
  context.putImageData(image, 0, 0);
}

function cover(canvas, labels, opacity) {
  const { context, image, pixels } = pixelsOf(canvas);
  const table = [0, ...[1, 2].map((label) => {
    const [red, green, blue] = COLOURS[label];
    return ((Math.round(255 * opacity) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  })];
  for (let index = 0; index < pixels.length; index++) pixels[index] = table[labels[index]];
  context.putImageData(image, 0, 0);
}

// The border between labels that are at least `least` and all others, along the edges of the pixels; `box` holds all labels.
function outline(labels, columns, rows, box, least, { kx, ky, x, y }) {
  const path = new Path2D();
  if (!box) return path;
  for (let row = Math.max(0, box[1] - 1); row <= box[3]; row++) {
    for (let column = Math.max(0, box[0] - 1), index = row * columns + column; column <= box[2]; column++, index++) {
      const inside = labels[index] >= least;
      if (inside !== (column + 1 < columns && labels[index + 1] >= least)) {
        path.moveTo(x + (column + 1) * kx, y + row * ky);
        path.lineTo(x + (column + 1) * kx, y + (row + 1) * ky);
      }
      if (inside !== (row + 1 < rows && labels[index + columns] >= least)) {
        path.moveTo(x + column * kx, y + (row + 1) * ky);
        path.lineTo(x + (column + 1) * kx, y + (row + 1) * ky);
      }
    }
  }
  return path;
}

// Numbers of pixels of each label by frame.
function count(masks, [rows, columns, slices, frames]) {
  const counts = [0, 1, 2].map(() => new Array(frames).fill(0)), size = rows * columns;
  for (let slice = 0, index = 0; slice < slices; slice++) {
    for (let frame = 0; frame < frames; frame++) {
      for (let end = index + size; index < end; index++) counts[masks[index]][frame]++;
    }
  }
  return counts;
}
