// What the page asks of its server, whose errors are one sentence.

let token = sessionStorage.getItem("murmur");

export const address = (path) => `/api/${token}/${path}`;
export const ofMouse = (name, path) => address(`mice/${encodeURIComponent(name)}/${path}`);

export async function ask(path, options = {}) {
  const answer = await fetch(path, { method: "POST", ...options });
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const found = await answer.json().catch(() => ({ problem: `found the answer ${answer.status}, expected another; load the page again` }));
  throw new Error(found.problem);
}

export async function openSession(listen, lost) {
  const known = token && (await fetch(address("events"), { method: "GET", headers: { "X-Once": "1" } }).then((answer) => answer.ok, () => false));
  if (!known) {
    token = (await ask("/api/sessions")).token;
    sessionStorage.setItem("murmur", token);
  }
  const events = new EventSource(address("events"));
  events.onmessage = (event) => listen(JSON.parse(event.data));
  events.onerror = () => lost(events.readyState === EventSource.CLOSED);
}

// Files one by one, a few at a time, until one fails or `stopped` is aborted; `report` is called with the bytes sent so far.
export async function send(files, stopped, report) {
  const upload = `${Date.now()} ${Math.random()}`, { signal } = stopped;
  let sent = 0, next = 0;
  const one = async () => {
    while (next < files.length) {
      const { file, name } = files[next++];
      await ask(address("received"), { body: file, headers: { "X-Name": encodeURIComponent(name), "X-Upload": upload }, signal });
      report((sent += file.size));
    }
  };
  try {
    await Promise.all([one(), one(), one(), one()]);
  } catch (error) {
    stopped.abort();
    throw error;
  }
  return ask(address("read"));
}

// Without raw data and other files of Bruker studies, of which only images and their headers are used.
export function needed(files) {
  const scan = /^((?:.*\/)?\d+\/)pdata\/\d+\/(visu_pars|2dseq)$/;
  const scans = new Set(files.map(({ name }) => scan.exec(name)?.[1]).filter(Boolean));
  const ofScan = ({ name }) => name.split("/").some((_, depth, parts) => scans.has(`${parts.slice(0, depth).join("/")}/`));
  return files.filter((file) => scan.test(file.name) || !ofScan(file));
}

// The files of a drop, those in folders too, with their paths.
export async function filesOf(items) {
  const found = [];
  const visit = async (entry, path) => {
    if (entry.isFile) {
      found.push({ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), name: path + entry.name });
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const inside = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (!inside.length) return;
      for (const inner of inside) await visit(inner, `${path}${entry.name}/`);
    }
  };
  for (const entry of [...items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean)) await visit(entry, "");
  return found;
}
