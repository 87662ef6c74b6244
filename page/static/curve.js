// The volume of the blood pool through the beat, with ED and ES as marks that can be moved.

const SVG = "http://www.w3.org/2000/svg";
const [RIGHT, TOP, BOTTOM, HEIGHT] = [24, 40, 34, 200]; // pixels
const [DIGIT, LEAST_LEFT] = [8, 30]; // width of a digit; margin with room for half a mark
const [MARK, TOUCH] = [28, 28]; // width of a mark, and of where it can be taken

function element(name, attributes = {}, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

function ticks(low, high, most) {
  const rough = (high - low) / most || 1, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power, found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-9; value += step) found.push(Number(value.toPrecision(6)));
  return found;
}

export class Curve extends EventTarget {
  // Events: `frame` (detail: frame) and `phase` (detail: {name: "ed" or "es", frame}).
  constructor(svg) {
    super();
    this.svg = svg;
    svg.addEventListener("pointerdown", (event) => this.#press(event));
    svg.addEventListener("pointermove", (event) => this.dragged && this.#move(this.dragged, this.#frameAt(event, this.grip)));
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => (this.dragged = null));
    svg.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.volumes && this.draw(this)).observe(svg);
  }

  // volumes: µL by frame; interval: ms; ed, es: frames or null
  draw({ volumes, interval, ed, es, frame }) {
    this.width = this.svg.clientWidth;
    if (!this.width) return;
    const key = JSON.stringify([volumes, interval, ed, es, this.width]);
    Object.assign(this, { volumes, interval, ed, es, frame });
    if (this.key === key && this.svg.childElementCount) return this.#point();
    this.key = key;
    const focused = document.activeElement?.dataset?.phase;
    const most = Math.max(...volumes) || 1, last = Math.max(1, volumes.length - 1);
    const levels = ticks(0, most, 4), right = this.width - RIGHT;
    this.left = Math.max(LEAST_LEFT, 8 + DIGIT * Math.max(...levels.map((value) => `${value}`.length)));
    this.x = (number) => this.left + ((right - this.left) * number) / last;
    this.y = (volume) => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * volume) / (most * 1.05);
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
    const parts = [element("title", {}, "Volume of the blood pool through the beat")];
    parts.push(element("path", { class: "axis", d: `M${this.left} ${TOP}V${HEIGHT - BOTTOM}H${right}` }));
    for (const value of levels) {
      parts.push(element("text", { x: this.left - 6, y: this.y(value) + 4, "text-anchor": "end" }, value));
    }
    for (const value of ticks(0, last * interval, this.width < 500 ? 5 : 8)) {
      parts.push(element("text", { x: this.x(value / interval), y: HEIGHT - BOTTOM + 14, "text-anchor": "middle" }, value));
    }
    parts.push(element("text", { x: (this.left + right) / 2, y: HEIGHT - 4, "text-anchor": "middle" }, "Time (ms)"));
    parts.push(element("text", { x: 2, y: 14 }, "Blood pool (µL)"));
    parts.push(element("line", { class: "now", y1: TOP, y2: HEIGHT - BOTTOM }));
    parts.push(element("polyline", { class: "line", points: volumes.map((v, n) => `${this.x(n)},${this.y(v)}`).join(" ") }));
    parts.push(...volumes.map((v, n) => element("circle", { class: "dot", cx: this.x(n), cy: this.y(v), r: 2 })));
    parts.push(element("circle", { class: "dot here", r: 5 }));
    if (ed !== null && es !== null) parts.push(...this.#marks(ed, es));
    this.svg.replaceChildren(...parts);
    if (focused) this.svg.querySelector(`[data-phase="${focused}"]`)?.focus();
    this.#point();
  }

  clear() {
    this.volumes = null;
    this.svg.replaceChildren();
  }

  // Show the frame.
  #point() {
    const now = this.svg.querySelector(".now"), dot = this.svg.querySelector(".here");
    for (const side of ["x1", "x2"]) now.setAttribute(side, this.x(this.frame));
    dot.setAttribute("cx", this.x(this.frame));
    dot.setAttribute("cy", this.y(this.volumes[this.frame]));
  }

  // The marks of ED and ES, which move apart where they would overlap.
  #marks(ed, es) {
    const apart = Math.max(0, MARK - Math.abs(this.x(ed) - this.x(es))) / 2, side = ed < es ? -1 : 1;
    const marks = [["ed", ed, side * apart], ["es", es, -side * apart]];
    return marks.map(([name, frame, shift]) => this.#mark(name, frame, shift));
  }

  #mark(name, frame, shift) {
    const x = this.x(frame), words = name === "ed" ? "End-diastole (ED)" : "End-systole (ES)";
    const group = element("g", {
      class: "mark", tabindex: 0, role: "slider", "data-phase": name, "aria-label": words, "aria-valuemin": 1,
      "aria-valuemax": this.volumes.length, "aria-valuenow": frame + 1, "aria-valuetext": `frame ${frame + 1}`,
    });
    const touch = { class: "touch", x: x + shift - TOUCH / 2, y: TOP - 22, width: TOUCH, height: HEIGHT - BOTTOM - TOP + 22 };
    group.append(element("rect", touch), element("line", { x1: x, x2: x, y1: TOP - 2, y2: HEIGHT - BOTTOM }));
    group.append(element("rect", { class: "label", x: x + shift - 13, y: TOP - 20, width: 26, height: 19, rx: 4 }));
    group.append(element("text", { x: x + shift, y: TOP - 6 }, name.toUpperCase()));
    return group;
  }

  #frameAt(event, grip = 0) {
    const x = event.clientX - this.svg.getBoundingClientRect().left - grip, last = this.volumes.length - 1;
    return Math.max(0, Math.min(last, Math.round(((x - this.left) / (this.width - RIGHT - this.left)) * last)));
  }

  #press(event) {
    if (!this.volumes) return;
    this.dragged = event.target.closest("[data-phase]")?.dataset.phase ?? null;
    if (this.dragged) {
      this.svg.setPointerCapture(event.pointerId);
      this.grip = event.clientX - this.svg.getBoundingClientRect().left - this.x(this[this.dragged]); // from the mark
    }
    this.dispatchEvent(new CustomEvent("frame", { detail: this.dragged ? this[this.dragged] : this.#frameAt(event) }));
  }

  #move(name, frame) {
    const other = name === "ed" ? this.es : this.ed;
    if (frame === this[name] || frame === other) return;
    this.dispatchEvent(new CustomEvent("phase", { detail: { name, frame } }));
  }

  #key(event) {
    const name = event.target.dataset?.phase, step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!name || !step) return;
    event.preventDefault();
    const count = this.volumes.length, other = name === "ed" ? this.es : this.ed;
    let frame = (this[name] + step + count) % count;
    if (frame === other) frame = (frame + step + count) % count;
    this.#move(name, frame);
  }
}
