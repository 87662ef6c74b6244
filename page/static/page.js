// The page as a whole: uploads, the table of mice, and which mouse is shown.

import { address, ask, byId, filesOf, link, needed, ofMouse, openSession, send } from "./server.js";
import { ScanView } from "./scan.js";

const STATES = {
  reading: "reading", question: "needs an answer", preparing: "preparing the network", waiting: "waiting",
  segmenting: "drawing masks", measuring: "measuring", done: "done", stopped: "stopped", failed: "cannot be used",
};
const BUSY = ["reading", "preparing", "waiting", "segmenting", "measuring"];
const COLUMNS = { EDV: "EDV (µL)", ESV: "ESV (µL)", EF: "EF (%)", mass_ED: "Mass (mg)" };

let state = { mice: [], problems: [], making: [] }, shown = null;
const view = new ScanView(complain);

export function complain(...sentences) {
  byId("problems").replaceChildren(...sentences.map((sentence) => {
    const line = document.createElement("p");
    line.textContent = sentence;
    return line;
  }));
}

const say = (words) => (byId("status").textContent = words);

async function take(files) {
  files = needed(files);
  if (!files.length) return complain("Found no file, expected a scan; choose files, or a folder that has some.");
  complain();
  const counted = files.length > 1 ? `${files.length} files` : files[0].name;
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  try {
    const { problems } = await send(files, (bytes) => say(bytes < total ? `Reading ${counted}, ${Math.round((100 * bytes) / total)}%` : `Looking for scans in ${counted}`));
    complain(...problems);
  } catch (error) {
    complain(error.message);
  }
  say("");
}

function chosen(input) {
  const files = [...input.files].map((file) => ({ file, name: file.webkitRelativePath || file.name }));
  input.value = "";
  take(files);
}

// ------------------------------------------------------------------------------------------------- the table
const NONE = "–";
const number = (value, digits = 1) => (value === null || value === undefined ? NONE : value.toFixed(digits).replace("-", "−"));

function cell(content, attributes = {}) {
  const made = document.createElement(attributes.header ? "th" : "td");
  if (attributes.header) made.scope = "row";
  if (attributes.label) Object.assign(made, { className: content === NONE ? "number none" : "number" }).dataset.label = attributes.label;
  made.append(content);
  return made;
}

function button(words, action, attributes = {}) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: words, ...attributes });
  made.addEventListener("click", (event) => {
    event.stopPropagation();
    action();
  });
  return made;
}

function stateOf(mouse) {
  const words = document.createElement("span");
  if (mouse.state === "question") {
    words.append(button(STATES.question, () => answer(mouse.name)));
    return words;
  }
  const done = mouse.state === "done", corrected = mouse.result?.corrected.length ?? 0;
  const more = [done && mouse.odd.length && "unlike a mouse", corrected && `${corrected} frame${corrected > 1 ? "s" : ""} corrected`];
  words.textContent = [STATES[mouse.state], ...more.filter(Boolean)].join(", ");
  if (mouse.state === "segmenting") {
    const bar = Object.assign(document.createElement("progress"), { max: 1 });
    if (mouse.progress) bar.value = mouse.progress;
    words.append(" ", bar);
  }
  if (BUSY.includes(mouse.state)) words.append(" ", button("Cancel", () => act(mouse.name, "stop")));
  if (mouse.state === "stopped") words.append(" ", button("Start again", () => act(mouse.name, "again")));
  return words;
}

const act = (name, what) => ask(ofMouse(name, what)).catch((error) => complain(error.message));

const answer = async (name) => {
  await select(name);
  byId("question").querySelector("input")?.focus();
};

function found({ doubtful, review }) {
  const places = review.length === 1 ? "1 finding" : `${review.length} findings`;
  return [doubtful && "masks probably wrong", review.length && places].filter(Boolean).join(", ") || "nothing found";
}

function remove({ name, result }) {
  if (!result?.corrected.length || confirm(`Remove ${name} with the masks that were corrected by hand?`)) act(name, "remove");
}

function row(mouse) {
  const made = document.createElement("tr"), values = Object.fromEntries((mouse.result?.measures ?? []).map((m) => [m.name, m.value]));
  made.setAttribute("aria-selected", mouse.name === shown);
  made.addEventListener("click", () => select(mouse.name));
  made.append(
    cell(button(mouse.name, () => select(mouse.name), { className: "name" }), { header: true }),
    cell(stateOf(mouse)),
    ...Object.entries(COLUMNS).map(([name, label]) => cell(number(values[name]), { label })),
    cell(mouse.state === "done" ? found(mouse.result) : ""),
    cell(button("Remove", () => remove(mouse), { ariaLabel: `Remove ${mouse.name}` })),
  );
  return made;
}

const FILES = [
  ["measurements.csv", "Table of all mice (CSV)"], ["measurements.xlsx", "Table of all mice (Excel)"],
  ["volumes.csv", "Volumes of every frame (CSV)"],
  ["murmur.zip", "Everything (zip)"],
];

function select(name) {
  shown = name;
  return listen(state);
}

function listen(found) {
  state = found;
  const any = state.mice.length > 0;
  if (state.reader) byId("drawn-by").textContent = `the network ${state.reader}`;
  byId("start").hidden = any;
  for (const id of ["mice", "add", "add-folder", "scan"]) byId(id).hidden = !any;
  if (state.problems.length && `${state.problems}` !== listen.problems) complain(...state.problems);
  listen.problems = `${state.problems}`;
  if (!state.mice.some((mouse) => mouse.name === shown)) shown = state.mice[0]?.name ?? null;
  const focused = document.activeElement?.closest?.("#rows")?.querySelectorAll("button");
  const place = focused ? [...focused].indexOf(document.activeElement) : -1;
  byId("rows").replaceChildren(...state.mice.map(row));
  if (place >= 0) byId("rows").querySelectorAll("button")[place]?.focus();
  const done = state.mice.filter((mouse) => mouse.state === "done").length;
  byId("downloads").hidden = !done;
  if (!byId("downloads").children.length) byId("downloads").append("Download", ...FILES.map(([file, words]) => link(address(`download/${file}`), words)));
  if (`${state.making}` !== listen.making) say(state.making.length ? `Preparing ${state.making.join(", ")}` : "");
  listen.making = `${state.making}`;
  if (shown) return view.show(state.mice.find((mouse) => mouse.name === shown), state.mice);
}

// ------------------------------------------------------------------------------------------------- start
function start() {
  for (const [opener, input] of [["choose", "files"], ["add", "files"], ["choose-folder", "folder"], ["add-folder", "folder"]]) {
    byId(opener).addEventListener("click", () => byId(input).click());
  }
  for (const id of ["files", "folder"]) byId(id).addEventListener("change", (event) => chosen(event.target));
  byId("try").addEventListener("click", () => {
    say("Simulating a mouse");
    ask(address("simulated")).catch((error) => complain(error.message)).finally(() => say(""));
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget ?? document.body.classList.remove("over"));
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    document.body.classList.remove("over");
    take(await filesOf(event.dataTransfer.items));
  });
  window.addEventListener("beforeunload", (event) => {
    if (state.mice.length) event.preventDefault(); // they are deleted
  });
  const lost = (closed) => complain(closed ? "The session has ended; load the page again." : "The page has lost its server; start it again with make page.");
  openSession((found) => {
    if (byId("problems").textContent.startsWith("The page has lost")) complain();
    listen(found);
  }, lost).catch((error) => complain(error.message));
}

start();
