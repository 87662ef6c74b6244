// The page as a whole: uploads, the table of mice, and which mouse is shown.

import { address, ask, filesOf, needed, ofMouse, openSession, send } from "./server.js";
import { NONE, button, byId, fill, link, make, number } from "./elements.js";
import { ScanView } from "./scan.js";

const STATES = {
  reading: "reading", question: "needs an answer", preparing: "preparing the network", waiting: "waiting",
  segmenting: "drawing masks", measuring: "measuring", done: "done", stopped: "stopped", failed: "cannot be used",
};
const BUSY = ["reading", "preparing", "waiting", "segmenting", "measuring"];
const COLUMNS = { EDV: "EDV (µL)", ESV: "ESV (µL)", EF: "EF (%)", mass_ED: "Mass (mg)" };

let state = { mice: [], problems: [], long: [] }, shown = null;
let sending = "", stopped = null, uploads = Promise.resolve(), lost = null;
const view = new ScanView((sentence) => complain("", sentence));

// Show what is wrong with something, such as an upload, until it is dismissed. Returns the element.
function complain(about, ...sentences) {
  const shown = [...byId("problems").querySelectorAll("p")].map((line) => line.textContent);
  const lines = sentences.filter((sentence) => !shown.includes(sentence)), titled = lines.length > 1 && about;
  if (!lines.length) return null;
  const group = make("div", {}, ...(titled ? [make("strong", {}, about)] : []), ...lines.map((line) => make("p", {}, line)));
  group.append(button("Dismiss", () => group.remove()));
  byId("problems").append(group);
  return group;
}

function say(words) {
  sending = words;
  drawStatus();
}

function drawStatus() {
  const long = state.long.map(({ name, progress }) => (progress ? `${name}: ${progress}` : name));
  byId("status").textContent = [sending, ...long].filter(Boolean).join("; ");
  byId("cancel").hidden = !(stopped || state.long.length);
}

// Uploads run one after another.
const take = (files) => (uploads = uploads.then(() => takeNow(needed(files))));

async function takeNow(files) {
  if (!files.length) return complain("", "Found no file, expected a scan; choose files, or a folder that has some.");
  const counted = files.length > 1 ? `${files.length} files` : files[0].name;
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  stopped = new AbortController();
  const report = (bytes) => say(bytes < total ? `Reading ${counted}, ${Math.round((100 * bytes) / total)}%` : "");
  try {
    report(0);
    complain(counted, ...((await send(files, stopped, report))?.problems ?? []));
  } catch (error) {
    if (error.name !== "AbortError") complain(counted, error.message);
  }
  stopped = null;
  say("");
}

function cancel() {
  stopped?.abort();
  ask(address("stop")).catch((error) => complain("", error.message));
}

function chosen(input) {
  const files = [...input.files].map((file) => ({ file, name: file.webkitRelativePath || file.name }));
  input.value = "";
  take(files);
}

// ------------------------------------------------------------------------------------------------- the table
function stateOf(mouse) {
  if (mouse.state === "question") return [button(STATES.question, () => answer(mouse.name))];
  const done = mouse.state === "done", corrected = mouse.result?.corrected.length ?? 0, blood = bloodOfOneFrame(mouse);
  const more = [done && blood && `single frame, blood pool ${number(blood)} µL`, done && mouse.odd.length && "unlike a mouse", corrected && `${corrected} frame${corrected > 1 ? "s" : ""} corrected`];
  const made = [[STATES[mouse.state], ...more.filter(Boolean)].join(", ")];
  if (mouse.state === "segmenting") made.push(" ", make("progress", { max: 1 }));
  if (BUSY.includes(mouse.state)) made.push(" ", button("Cancel", () => act(mouse.name, "stop")));
  if (["stopped", "failed"].includes(mouse.state)) made.push(" ", button("Start again", () => act(mouse.name, "again")));
  return made;
}

const act = (name, what) => ask(ofMouse(name, what)).catch((error) => complain("", error.message));

const answer = async (name) => {
  await select(name);
  byId("question").querySelector("input")?.focus();
};

function found({ doubtful, review }) {
  const places = review.length === 1 ? "1 finding" : `${review.length} findings`;
  return [doubtful && "masks probably wrong", review.length && places].filter(Boolean).join(", ") || "nothing found";
}

function remove(name) {
  const { result } = state.mice.find((mouse) => mouse.name === name);
  if (!result?.corrected.length || confirm(`Remove ${name} with the masks that were corrected by hand?`)) act(name, "remove");
}

function emptyRow(name) {
  const header = make("th", { scope: "row" }, button(name, () => select(name), { className: "name" }));
  const cells = Array.from({ length: Object.keys(COLUMNS).length + 3 }, () => make("td"));
  cells.at(-1).append(button("Remove", () => remove(name), { ariaLabel: `Remove ${name}` }));
  const row = make("tr", {}, header, ...cells);
  row.dataset.mouse = name;
  row.addEventListener("click", () => select(name));
  return row;
}

function fillRow(row, mouse) {
  const [, ofState, ...cells] = row.children, values = mouse.result ? valuesOf(mouse) : {};
  row.setAttribute("aria-current", mouse.name === shown);
  fill(ofState, [mouse.state, mouse.odd.length, mouse.result?.corrected, bloodOfOneFrame(mouse)], () => stateOf(mouse));
  const bar = ofState.querySelector("progress");
  if (bar && mouse.progress) bar.value = mouse.progress;
  Object.entries(COLUMNS).forEach(([name, label], place) => {
    const cell = cells[place], text = number(values[name]);
    cell.className = text === NONE ? "number none" : "number";
    cell.dataset.label = label;
    cell.textContent = text;
  });
  cells.at(-2).textContent = mouse.state === "done" ? found(mouse.result) : "";
}

function valuesOf(mouse) {
  const values = Object.fromEntries(mouse.result.measures.map((measure) => [measure.name, measure.value]));
  return { mass_ED: values.mass, ...values }; // of a single frame, whose phase is not known, the mass
}

const bloodOfOneFrame = (mouse) => mouse.result && valuesOf(mouse).blood_pool;

// Rows are kept, so that what has the focus or is being pressed is not lost.
function drawRows() {
  const rows = byId("rows"), names = state.mice.map(({ name }) => name);
  for (const row of [...rows.children]) if (!names.includes(row.dataset.mouse)) row.remove();
  state.mice.forEach((mouse, place) => {
    const row = [...rows.children].find((each) => each.dataset.mouse === mouse.name) ?? emptyRow(mouse.name);
    if (rows.children[place] !== row) rows.insertBefore(row, rows.children[place] ?? null);
    fillRow(row, mouse);
  });
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
  if (`${state.problems}` !== listen.problems) complain("", ...state.problems);
  listen.problems = `${state.problems}`;
  if (!state.mice.some((mouse) => mouse.name === shown)) shown = state.mice[0]?.name ?? null;
  drawRows();
  const done = state.mice.filter((mouse) => mouse.state === "done").length;
  byId("downloads").hidden = !done;
  if (!byId("downloads").children.length) byId("downloads").append("Download", ...FILES.map(([file, words]) => link(address(`download/${file}`), words)));
  drawStatus();
  if (shown) return view.show(state.mice.find((mouse) => mouse.name === shown), state.mice);
}

// ------------------------------------------------------------------------------------------------- start
function start() {
  for (const [opener, input] of [["choose", "files"], ["add", "files"], ["choose-folder", "folder"], ["add-folder", "folder"]]) {
    byId(opener).addEventListener("click", () => byId(input).click());
  }
  for (const id of ["files", "folder"]) byId(id).addEventListener("change", (event) => chosen(event.target));
  byId("cancel").addEventListener("click", cancel);
  byId("try").addEventListener("click", () => {
    say("Simulating a mouse");
    ask(address("simulated")).catch((error) => complain("", error.message)).finally(() => say(""));
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
  const gone = (closed) => {
    const words = closed ? "The session has ended; load the page again." : "The page has lost its server; start it again with make page.";
    if (lost?.firstChild.textContent === words) return;
    lost?.remove();
    lost = complain("", words);
  };
  openSession((found) => {
    lost?.remove();
    lost = null;
    listen(found);
  }, gone).catch((error) => complain("", error.message));
}

start();
