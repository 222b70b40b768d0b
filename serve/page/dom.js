// Makes elements. Words only ever become text, never markup.

export const $ = (id) => document.getElementById(id);

/** make("p", { class: "help" }, "words", otherNode) */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

/** The sign of a stance, for the eye alone: its word always stands beside it or in the label. */
export function makeSign(stance, sign) {
  return make("span", { class: `sign ${stance}`, "aria-hidden": "true" }, sign);
}
