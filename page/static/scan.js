// One mouse: its images with masks, its values, and what can be changed.

import { ask, ofMouse } from "./server.js";
import { byId, fill, link, make, number } from "./elements.js";
import { Curve } from "./curve.js";
import { GridForms } from "./grid.js";
import { Viewer } from "./viewer.js";

const DENSITY = 1.05; // mg/µL, of myocardium; as in measurement/function.py
const SAVE_AFTER = 600; // ms without a stroke
const SLICES_AFTER = 150; // ms from a change until the small pictures of all slices follow
const ANNOUNCED_AFTER = 500; // ms without a change
const BEAT_MS = 1500; // of a playing beat, several times slower than that of a mouse
const FROM_SERVER = ["heart_rate", "peak_ejection_rate", "peak_filling_rate", "wall_thickness_ED", "wall_thickness_ES"];
const DIGITS = { heart_rate: 0, peak_ejection_rate: 2, peak_filling_rate: 2, wall_thickness_ED: 2, wall_thickness_ES: 2 };

const ONE_FRAME = "The scan has a single frame: ejection fraction and other measures need frames at end-diastole and end-systole.";

const FILES = [["movie.gif", "Movie (GIF)"], ["nifti.zip", "Masks (NIfTI)"], ["masks.h5", "Masks (HDF5)"], ["summary.html", "Summary (HTML)"]];

export class ScanView {
  constructor(complain) {
    this.complain = complain;
    this.viewer = new Viewer(byId("canvas"));
    this.curve = new Curve(byId("curve"));
    this.grid = new GridForms(complain);
    this.mouse = null;
    this.unsaved = new Map(); // frames that were drawn: {name, frame, masks}
    this.saving = Promise.resolve();
    this.loaded = {};
    this.#connectViewer();
    this.#connectControls();
    this.#connectKeys();
    this.#connectCurve();
  }

  // ----------------------------------------------------------------------------------------------- loading
  // mice: all of the page, of which `mouse` is shown. Returns when the mouse shown last is on the screen.
  show(mouse, mice) {
    this.mice = mice;
    for (const [key, { name }] of this.unsaved) if (!mice.some((each) => each.name === name)) this.unsaved.delete(key);
    this.wanted = mouse;
    return (this.showing ??= this.#showWanted().finally(() => (this.showing = null)));
  }

  async #showWanted() {
    while (this.wanted) {
      const mouse = this.wanted;
      this.wanted = null;
      await this.#show(mouse);
    }
  }

  async #show(mouse) {
    const other = this.mouse?.name !== mouse.name;
    if (other) {
      this.save();
      this.moving = false;
      this.stopPlaying();
      this.loaded = {};
      this.box = null;
      this.viewer.clear();
      this.curve.clear();
      byId("slices").replaceChildren();
      for (const id of ["where", "slice-number", "frame-number"]) byId(id).textContent = "";
      byId("mouse-downloads").replaceChildren(...FILES.map(([file, words]) => link(ofMouse(mouse.name, `download/${file}`), words)));
    }
    if (!other && this.moving && mouse.result) mouse.result = this.mouse.result; // ahead of the server
    this.mouse = mouse;
    byId("scan-title").textContent = mouse.name;
    byId("joined").textContent = mouse.joined ?? "";
    const working = { reading: "Reading the images", preparing: "Preparing the network, once", waiting: "Waiting for its turn", segmenting: "Drawing masks", measuring: "Measuring" }[mouse.state];
    byId("working").hidden = !working;
    byId("working").textContent = working ? `${working}${mouse.progress ? ` ${Math.round(100 * mouse.progress)}%` : ""}` : "";
    this.grid.draw(mouse, this.mice);
    if (mouse.has_images) await this.#load(mouse);
    this.#drawValues();
  }

  async #load(mouse) {
    const spacing = `${mouse.spacing_mm}`;
    if (this.loaded.images !== mouse.name) {
      this.loaded.images = mouse.name;
      const images = await this.#bytes(mouse.name, "images");
      if (!images) return;
      this.viewer.show({ shape: mouse.shape, spacing: mouse.spacing_mm ?? [1, 1, 1], images });
      this.#buildSlices();
    } else if (this.viewer.cine && this.loaded.spacing !== spacing) this.viewer.cine.spacing = mouse.spacing_mm ?? [1, 1, 1];
    this.loaded.spacing = spacing;
    const version = mouse.result ? `${mouse.version}` : null;
    if (version && this.viewer.cine && this.loaded.masks !== version) {
      this.loaded.masks = version;
      const drawn = [...this.unsaved.values()].filter(({ name }) => name === mouse.name);
      const masks = await this.#bytes(mouse.name, "masks");
      if (!masks) return;
      this.viewer.setMasks(masks);
      for (const { frame, masks: ofFrame } of drawn) this.viewer.putFrame(frame, ofFrame);
      this.box = this.viewer.box;
      const [, , slices] = mouse.shape, ed = mouse.result.ed;
      if (this.box && ed !== null) this.viewer.go(slices >> 1, ed);
      this.viewer.toHeart(this.box);
    }
  }

  async #bytes(name, what) {
    const answer = await fetch(ofMouse(name, `view/${what}`));
    return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
  }

  // ----------------------------------------------------------------------------------------------- the viewer
  #connectViewer() {
    this.viewer.addEventListener("view", () => this.#drawControls());
    this.viewer.addEventListener("stroke", ({ detail: { frame, done } }) => {
      if (done) {
        const { name } = this.mouse;
        this.unsaved.set(`${frame} ${name}`, { name, frame, masks: this.viewer.frameMasks(frame) });
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.save(), SAVE_AFTER);
      }
      this.#drawValues();
    });
  }

  #drawControls() {
    const { viewer, mouse } = this, [, , slices, frames] = mouse.shape;
    for (const [name, count] of [["slice", slices], ["frame", frames]]) {
      const slider = byId(name);
      slider.max = count;
      slider.value = viewer[name] + 1;
      slider.disabled = count === 1;
      byId(`${name}-number`).textContent = `${viewer[name] + 1} of ${count}`;
    }
    const time = mouse.frame_interval_ms && frames > 1 ? ` · ${(viewer.frame * mouse.frame_interval_ms).toFixed(1)} ms` : "";
    const phase = { [mouse.result?.ed]: " · ED", [mouse.result?.es]: " · ES" }[viewer.frame] ?? "";
    byId("where").textContent = `Slice ${viewer.slice + 1}, frame ${viewer.frame + 1}${time}${phase}`;
    clearTimeout(this.announcing);
    if (!this.playing) this.announcing = setTimeout(() => (byId("announced").textContent = byId("where").textContent), ANNOUNCED_AFTER);
    byId("zoom").value = (100 * Math.log(viewer.zoom)) / Math.log(12);
    byId("undo").disabled = !viewer.undo.length;
    viewer.canvas.classList.toggle("look", viewer.tool === "look");
    for (const tool of document.querySelectorAll("[data-tool]")) tool.setAttribute("aria-pressed", tool.dataset.tool === viewer.tool);
    byId("radius").value = viewer.radius;
    this.#drawSlices();
    this.#drawCurve();
  }

  #buildSlices() {
    const made = Array.from({ length: this.mouse.shape[2] }, (_, slice) => {
      const parts = [make("canvas", { width: 120, height: 120 }), make("span", {}, slice + 1)];
      const button = make("button", { type: "button", ariaLabel: `Slice ${slice + 1}` }, ...parts);
      button.addEventListener("click", () => this.viewer.go(slice, this.viewer.frame));
      return button;
    });
    byId("slices").replaceChildren(...made);
  }

  #drawSlices() {
    if (this.slicesPending) return;
    this.slicesPending = setTimeout(() => {
      this.slicesPending = null;
      if (!this.viewer.cine) return;
      [...byId("slices").children].forEach((button, slice) => {
        button.setAttribute("aria-current", slice === this.viewer.slice);
        this.viewer.thumbnail(button.firstChild, slice, this.box);
      });
      this.viewer.redraw();
    }, SLICES_AFTER);
  }

  // ----------------------------------------------------------------------------------------------- controls
  #connectControls() {
    const viewer = this.viewer, on = (id, event, action) => byId(id).addEventListener(event, action);
    on("slice", "input", (event) => viewer.go(Number(event.target.value) - 1, viewer.frame));
    on("frame", "input", (event) => viewer.go(viewer.slice, Number(event.target.value) - 1));
    on("opacity", "input", (event) => viewer.set({ opacity: Number(event.target.value) / 100 }));
    on("contrast", "input", (event) => viewer.set({ contrast: Number(event.target.value) }));
    on("brightness", "input", (event) => viewer.set({ brightness: Number(event.target.value) }));
    on("zoom", "input", (event) => viewer.zoomBy(12 ** (Number(event.target.value) / 100) / viewer.zoom));
    on("radius", "input", (event) => viewer.set({ radius: Number(event.target.value) }));
    on("fill", "change", (event) => viewer.set({ fill: event.target.checked }));
    on("outline", "change", (event) => viewer.set({ outline: event.target.checked }));
    on("heart", "click", () => viewer.toHeart());
    on("undo", "click", () => viewer.undoStroke());
    on("play", "click", () => (this.playing ? this.stopPlaying() : this.#play()));
    on("set-ed", "click", () => this.#setPhase("ed", viewer.frame));
    on("set-es", "click", () => this.#setPhase("es", viewer.frame));
    on("automatic", "click", () => this.#sendPhases(null, null));
    for (const tool of document.querySelectorAll("[data-tool]")) tool.addEventListener("click", () => viewer.set({ tool: tool.dataset.tool }));
  }

  #play() {
    if (!this.viewer.cine || this.mouse.shape[3] < 2) return;
    this.playing = true;
    byId("play").textContent = "Pause";
    byId("play").setAttribute("aria-pressed", "true");
    const frames = this.mouse.shape[3], begin = performance.now() - (this.viewer.frame / frames) * BEAT_MS;
    const step = (now) => {
      if (!this.playing) return;
      const frame = Math.floor((((now - begin) % BEAT_MS) / BEAT_MS) * frames);
      if (frame !== this.viewer.frame) this.viewer.go(this.viewer.slice, frame);
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  stopPlaying() {
    this.playing = false;
    byId("play").textContent = "Play";
    byId("play").setAttribute("aria-pressed", "false");
  }

  #connectKeys() {
    const viewer = this.viewer, go = (slices, frames) => viewer.go(viewer.slice + slices, viewer.frame + frames);
    const keys = {
      ArrowLeft: () => go(0, -1), ArrowRight: () => go(0, 1), ArrowUp: () => go(-1, 0), ArrowDown: () => go(1, 0),
      " ": () => byId("play").click(), v: () => viewer.set({ tool: "look" }), b: () => viewer.set({ tool: "2" }),
      m: () => viewer.set({ tool: "1" }), e: () => viewer.set({ tool: "0" }), h: () => viewer.toHeart(),
      "[": () => viewer.set({ radius: Math.max(0, viewer.radius - 1) }), "]": () => viewer.set({ radius: Math.min(12, viewer.radius + 1) }),
      "+": () => viewer.zoomBy(1.25), "-": () => viewer.zoomBy(0.8), d: () => this.#setPhase("ed", viewer.frame),
      s: () => this.#setPhase("es", viewer.frame), Enter: () => this.#dab(),
    };
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    viewer.canvas.addEventListener("keydown", (event) => {
      if (!viewer.cine) return;
      const undo = (event.ctrlKey || event.metaKey) && event.key === "z";
      const move = event.shiftKey ? moves[event.key] : null;
      const action = undo ? () => viewer.undoStroke() : move ? () => this.#moveBrush(move) : event.ctrlKey || event.metaKey ? null : keys[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    });
  }

  #moveBrush([columns, rows]) {
    const viewer = this.viewer, at = viewer.cursor ?? viewer.centre.map(Math.round);
    viewer.set({ cursor: [at[0] + columns, at[1] + rows] });
  }

  #dab() {
    const viewer = this.viewer;
    if (viewer.tool === "look" || !viewer.masks) return;
    viewer.cursor ??= viewer.centre.map(Math.round);
    viewer.beginStroke();
    viewer.line(viewer.cursor, viewer.cursor);
    viewer.endStroke();
  }

  // ----------------------------------------------------------------------------------------------- saving
  save() {
    clearTimeout(this.timer);
    return (this.saving = this.saving.then(() => this.#send()));
  }

  // What cannot be sent is kept, and sent again after the next stroke.
  async #send() {
    for (const [key, drawn] of [...this.unsaved]) {
      if (!this.unsaved.has(key)) continue; // the mouse was removed
      try {
        const result = await ask(ofMouse(drawn.name, `frames/${drawn.frame}`), { body: drawn.masks });
        if (this.unsaved.get(key) === drawn) this.unsaved.delete(key); // not drawn again meanwhile
        if (!this.moving && this.mouse.name === drawn.name) this.mouse.result = result;
      } catch (error) {
        this.complain(error.message);
      }
    }
    this.#drawValues();
  }

  #setPhase(name, frame) {
    const result = this.mouse?.result;
    if (!result || result.ed === null) return;
    const phases = { ed: result.ed, es: result.es, [name]: frame };
    if (phases.ed !== phases.es) this.#sendPhases(phases.ed, phases.es);
  }

  async #sendPhases(ed, es) {
    const mouse = this.mouse, turn = (this.turn = (this.turn ?? 0) + 1);
    if (ed !== null) Object.assign(mouse.result, { ed, es, frames_from: "chosen" });
    this.moving = true;
    this.#drawValues();
    clearTimeout(this.phaseTimer);
    this.phaseTimer = setTimeout(async () => {
      let result = null;
      try {
        result = await ask(ofMouse(mouse.name, "phases"), { body: JSON.stringify({ ed, es }) });
      } catch (error) {
        this.complain(error.message);
      }
      if (turn !== this.turn) return; // they have been moved again
      this.moving = false;
      if (result && this.mouse.name === mouse.name) this.mouse.result = result;
      this.#drawValues();
    }, 300);
  }

  // ----------------------------------------------------------------------------------------------- values
  volumes() {
    const { viewer, mouse } = this;
    if (!viewer.masks || !mouse.spacing_mm) return null;
    const voxel = mouse.spacing_mm.reduce((product, side) => product * side, 1);
    return { blood: viewer.counts[2].map((n) => n * voxel), mass: viewer.counts[1].map((n) => n * voxel * DENSITY) };
  }

  // The function by the masks as they are drawn; equal to that of the server once it has measured.
  #functionNow() {
    const found = this.volumes(), { ed, es } = this.mouse.result;
    if (found && this.mouse.shape[3] === 1) return { blood_pool: found.blood[0], mass: found.mass[0] };
    if (!found || ed === null) return {};
    const EDV = found.blood[ed], ESV = found.blood[es], SV = EDV - ESV;
    const rate = this.mouse.result.measures.find((m) => m.name === "heart_rate")?.value;
    return { EDV, ESV, SV, EF: EDV ? (100 * SV) / EDV : NaN, mass_ED: found.mass[ed], mass_ES: found.mass[es], cardiac_output: rate ? (SV * rate) / 1000 : NaN };
  }

  #drawValues() {
    const result = this.mouse?.result;
    for (const id of ["values", "beat"]) byId(id).style.visibility = result ? "visible" : "hidden";
    byId("beat").hidden = byId("play").hidden = this.mouse?.shape[3] === 1;
    if (!result) return this.#drawControlsIfReady();
    const now = this.#functionNow(), pending = this.unsaved.size > 0 || this.moving || result.provisional;
    byId("mouse-downloads").parentElement.hidden = Boolean(result.provisional);
    byId("measures").replaceChildren(...result.measures.map((measure) => {
      const same = measure.meaning.toLowerCase() === measure.printed.toLowerCase();
      const late = pending && FROM_SERVER.includes(measure.name);
      const words = late ? "…" : number(now[measure.name] ?? measure.value, DIGITS[measure.name]);
      const header = make("th", { scope: "row" }, measure.printed, ...(same ? [] : [make("small", {}, measure.meaning)]));
      const value = make("td", { className: "number" }, words);
      value.dataset.measure = measure.name;
      return make("tr", {}, header, value, make("td", {}, measure.unit));
    }));
    const sources = { reference: "ED and ES are those of the contours in the file.", chosen: "ED and ES were chosen by hand." };
    const notes = [sources[result.frames_from], result.notes && `Notes: ${result.notes}.`].filter(Boolean).join(" ");
    byId("measure-note").textContent = this.mouse.shape[3] === 1 ? ONE_FRAME : notes;
    byId("automatic").hidden = result.frames_from !== "chosen";
    this.#drawReview(result);
    this.#drawControlsIfReady();
  }

  #drawControlsIfReady() {
    if (this.viewer.cine) this.#drawControls();
  }

  #drawReview(result) {
    const dice = Object.entries(result.dice).filter(([, value]) => value !== null);
    byId("doubt").hidden = !result.doubtful;
    byId("doubt").textContent = "The masks are probably wrong. Look at them and correct them before you use the numbers.";
    byId("quality").textContent = dice.length
      ? `Expected agreement with an expert (Dice coefficient, from 0 to 1 for identical masks): ${dice.map(([name, value]) => `${name.replace("dice_", "").replace("_", " ")} ${value.toFixed(2)}`).join(", ")}.`
      : "";
    byId("review-note").hidden = !result.review.some((item) => item.slice !== null);
    fill(byId("review"), [result.review, result.provisional], () => this.#findings(result));
  }

  #findings(result) {
    const items = result.review.map((item) => {
      const whole = item.slice === null;
      const more = item.frames > 1 ? ` and ${item.frames - 1} more frame${item.frames > 2 ? "s" : ""}` : "";
      const place = whole ? "Whole scan" : `Slice ${item.slice + 1}, frame ${item.frame + 1}${more}`;
      const parts = [make("strong", {}, place), ...item.reasons.map((reason) => make("span", {}, reason))];
      const box = whole ? make("div", {}, ...parts) : make("button", { type: "button" }, ...parts);
      if (!whole) box.addEventListener("click", () => this.viewer.go(item.slice, item.frame));
      return make("li", {}, box);
    });
    const none = result.provisional ? "Looking for signs of errors…" : "No signs of errors were found.";
    return items.length ? items : [make("li", {}, none)];
  }

  #connectCurve() {
    this.curve.addEventListener("frame", ({ detail }) => this.viewer.go(this.viewer.slice, detail));
    this.curve.addEventListener("phase", ({ detail: { name, frame } }) => {
      this.#setPhase(name, frame);
      this.viewer.go(this.viewer.slice, frame);
    });
  }

  #drawCurve() {
    const found = this.mouse.result && this.volumes();
    if (!found) return this.curve.clear();
    const { ed, es } = this.mouse.result;
    this.curve.draw({ volumes: found.blood, interval: this.mouse.frame_interval_ms, ed, es, frame: this.viewer.frame });
  }
}
