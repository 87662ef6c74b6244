// Elements that several scripts make.

export const NONE = "–";
export const byId = (id) => document.getElementById(id);
export const number = (value, digits = 1) => (Number.isFinite(value) ? value.toFixed(digits).replace("-", "−") : NONE);

export function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export const link = (href, words) => make("a", { href, className: "button", download: "" }, words);

export function button(words, action, properties = {}) {
  const made = make("button", { type: "button", ...properties }, words);
  made.addEventListener("click", (event) => {
    event.stopPropagation();
    action();
  });
  return made;
}

// Make the content of an element anew only if its key has changed: focus, input and presses on it would be lost.
export function fill(element, key, content) {
  key = JSON.stringify(key);
  if (element.dataset.key === key) return;
  element.dataset.key = key;
  element.replaceChildren(...content());
}
