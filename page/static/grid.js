// Pixel size, slice distance and frame time of a mouse: the form that asks for them, and the one that changes them.

import { ask, ofMouse } from "./server.js";
import { byId, fill, make } from "./elements.js";

const MINUTE_MS = 60000;
const LABELS = ["Pixel height (mm)", "Pixel width (mm)", "Slice distance (mm)", "Frame time (ms)", "or heart rate (per min)"];
const USE = "Use these values";

const note = (words) => make("p", {}, words);

export class GridForms {
  constructor(complain) {
    this.complain = complain;
  }

  // mice: all of the page, of which `mouse` is shown
  draw(mouse, mice) {
    Object.assign(this, { mouse, mice });
    this.#drawQuestion();
    const form = byId("grid");
    fill(form, [mouse.name, mouse.spacing_mm, mouse.frame_interval_ms], () => [this.#ofFile(), ...this.#fields(form, USE)]);
  }

  #drawQuestion() {
    const form = byId("question"), { name, state, odd, problem } = this.mouse;
    form.hidden = !(state === "question" || odd.length || problem);
    fill(form, [name, state, odd, problem], () => this.#question(form));
    const others = state === "question" ? this.#alike() : [], line = form.querySelector(".others");
    if (!line) return;
    line.hidden = !others.length;
    line.lastChild.textContent = ` Also for ${others.length === 1 ? others[0] : `the ${others.length} other mice that need the same answer`}`;
  }

  #question(form) {
    const { state, spacing_mm: spacing, frame_interval_ms: interval, odd, problem, shape } = this.mouse;
    if (problem) return [note(problem)];
    if (state === "question") {
      const sizes = "How large is a pixel, and how far is it from one slice to the next? The file does not specify it. Enter height and width of a pixel, and the distance between the centres of slices (thickness and gap), such as 0.1, 0.1 and 1 mm. Volumes and mass depend on them.";
      const frames = `How much time passes from one frame to the next? The file does not specify it. Enter it or, if the ${shape[3]} frames cover one heartbeat, the heart rate. Rates and cardiac output depend on it; volumes, ejection fraction and mass do not.`;
      return [...[!spacing && sizes, !interval && frames].filter(Boolean).map(note), ...this.#fields(form, "Continue")];
    }
    if (!odd.length) return [];
    const unlike = `Unlike a mouse: ${odd.join("; ")}. If the values are wrong, correct them here: volumes and mass depend on the distances, and rates on the frame time. If this is not a mouse, do not use masks and numbers unless the network was trained on such scans; that supplied was trained on simulated mice only.`;
    return [note(unlike), ...this.#fields(form, USE)];
  }

  #ofFile() {
    const { spacing_mm: spacing, frame_interval_ms: interval } = this.mouse.found;
    const size = spacing?.map((side) => Number(side.toPrecision(4))).join(" × ");
    const words = [size ? `${size} mm` : "no pixel size and slice distance", interval ? `${Number(interval.toPrecision(4))} ms` : "no frame time"];
    return note(`The file gives ${words.join(" and ")}.`);
  }

  #fields(form, words) {
    const { spacing_mm: spacing, frame_interval_ms: interval, shape } = this.mouse;
    const other = (value) => (value > 0 ? Number((MINUTE_MS / shape[3] / value).toPrecision(4)) : ""); // of frame time and heart rate
    const known = [...(spacing ?? [null, null, null]), interval], shown = known.map((value) => (value ? Number(value.toPrecision(5)) : ""));
    const values = [...shown, other(interval)].slice(0, shape[3] > 1 ? 5 : 3);
    const inputs = values.map((value) => make("input", { type: "number", step: "any", min: "0", required: true, value }));
    for (const [one, two] of shape[3] > 1 ? [[3, 4], [4, 3]] : []) inputs[one].addEventListener("input", () => (inputs[two].value = other(inputs[one].value)));
    const labels = inputs.map((input, place) => make("label", {}, LABELS[place], input));
    const all = make("input", { type: "checkbox", checked: true }), line = make("label", { className: "others", hidden: true }, all, " ");
    form.onsubmit = (event) => {
      event.preventDefault();
      // What is not changed is kept at full precision.
      const [row, column, slice, time] = known.map((value, place) => (!inputs[place] || Number(inputs[place].value) === shown[place] ? value : Number(inputs[place].value)));
      const body = JSON.stringify({ spacing_mm: [row, column, slice], frame_interval_ms: time });
      for (const name of [this.mouse.name, ...(all.checked && !line.hidden ? this.#alike() : [])]) {
        ask(ofMouse(name, "grid"), { body }).catch((error) => this.complain(error.message));
      }
    };
    return [make("div", { className: "grid" }, ...labels, make("button", { type: "submit", className: "main" }, words)), line];
  }

  // The other mice whose files lack the same, and have as many frames.
  #alike() {
    const lacks = ({ state, spacing_mm: spacing, frame_interval_ms: interval, shape }) => `${state} ${spacing} ${interval} ${shape[3]}`;
    return this.mice.filter((mouse) => mouse.name !== this.mouse.name && lacks(mouse) === lacks(this.mouse)).map(({ name }) => name);
  }
}
