// What stands beside the text: the proposals to choose from, the tallies, and the table of one proposal.

import { $, make, makeSign } from "./dom.js";
import { countStances, listRows, STANCES, writePercent } from "./stances.js";

const SCORES = ["support", "oppose", "abstain", "none"];

/** The proposals as tabs; `choose(proposal)` is called with an id. */
export function drawTabs(labels, chosen, minimum, choose) {
  const tabs = labels.proposals.map((proposal) => {
    const counts = countStances(listRows(labels, proposal.id, minimum));
    const signs = Object.entries(STANCES).map(([stance, { sign, noun }]) =>
      make("span", { class: `count ${stance}`, "aria-label": `${counts[stance]} ${noun}` }, makeSign(stance, sign), String(counts[stance])),
    );
    const tab = make(
      "button",
      { type: "button", role: "tab", id: `tab-${proposal.id}`, "aria-controls": "panel", "data-proposal": proposal.id },
      make("span", { class: "proposal" }, proposal.text, ...(proposal.main ? [" ", make("small", { class: "badge" }, "main")] : [])),
      make("span", { class: "counts" }, ...signs),
    );
    tab.addEventListener("click", () => choose(proposal.id));
    return tab;
  });
  for (const tab of tabs) {
    tab.addEventListener("keydown", (event) => moveTab(event, tabs, choose));
  }
  const focused = document.activeElement?.dataset?.proposal;
  $("tabs").replaceChildren(...tabs);
  markTab(chosen);
  tabs.find((tab) => tab.dataset.proposal === focused)?.focus({ preventScroll: true });
}

/** Show which proposal is chosen. */
export function markTab(chosen) {
  for (const tab of $("tabs").children) {
    const isChosen = tab.dataset.proposal === chosen;
    tab.setAttribute("aria-selected", String(isChosen));
    tab.tabIndex = isChosen ? 0 : -1;
    if (isChosen) $("panel").setAttribute("aria-labelledby", tab.id);
  }
}

function moveTab(event, tabs, choose) {
  const place = tabs.indexOf(event.currentTarget);
  const target = { ArrowDown: place + 1, ArrowRight: place + 1, ArrowUp: place - 1, ArrowLeft: place - 1, Home: 0, End: -1 }[event.key];
  const next = target === undefined ? undefined : tabs.at(target % tabs.length);
  if (!next) return;
  event.preventDefault();
  choose(next.dataset.proposal);
  $(next.id).focus();
}

/** How many support, oppose and abstain, as words and as a bar; and how many rows the slider hides. */
export function drawTallies(rows, numHidden) {
  const counts = countStances(rows);
  const items = Object.entries(STANCES).map(([stance, { sign, noun }]) =>
    make("li", { class: stance }, makeSign(stance, sign), " ", make("b", {}, String(counts[stance])), ` ${noun}`),
  );
  if (numHidden) items.push(make("li", { class: "help" }, `${numHidden} less sure, hidden`));
  $("tallies").replaceChildren(...items);
  const parts = Object.keys(STANCES).map((stance) => {
    const part = make("span", { class: stance });
    part.style.flexGrow = String(counts[stance]);
    return part;
  });
  $("share-bar").replaceChildren(...parts);
}

/** The table of a proposal; `on` has choose(row), hover(row or null) and reveal(). */
export function drawTable(proposal, rows, on) {
  if (!rows.length) {
    $("table").replaceChildren(make("p", { class: "help" }, "No stance on this proposal."));
    return;
  }
  const head = make("tr", {}, ...["Country", "Stance", "Confidence"].map((name) => make("th", { scope: "col" }, name)));
  const lines = rows.flatMap((row, place) => drawRow(row, place, on));
  const caption = make("caption", {}, `Stances on “${proposal.text}”, the surest first`);
  $("table").replaceChildren(make("table", {}, caption, make("thead", {}, head), make("tbody", {}, ...lines)));
}

function drawRow(row, place, on) {
  const { sign, verb } = STANCES[row.stance];
  const details = `details-${place}`;
  const button = make("button", { type: "button", class: "country", "aria-expanded": "false", "aria-controls": details }, row.name);
  const bar = make("span", { class: `bar ${row.stance}`, "aria-hidden": "true" }, make("span"));
  bar.firstChild.style.width = `${row.confidence * 100}%`;
  const line = make(
    "tr",
    { class: `line ${row.stance}`, "data-country": row.country, "data-group": row.group },
    make("th", { scope: "row" }, button, ...(row.group ? [" ", make("small", { class: "help" }, `through ${row.group}`)] : [])),
    make("td", {}, makeSign(row.stance, sign), " ", make("span", { class: `word ${row.stance}` }, verb)),
    make("td", { class: "number" }, bar, writePercent(row.confidence)),
  );
  line.addEventListener("click", () => on.choose(row));
  line.addEventListener("pointerenter", () => on.hover(row));
  line.addEventListener("pointerleave", () => on.hover(null));
  button.addEventListener("focus", () => on.hover(row));
  button.addEventListener("blur", () => on.hover(null));
  const more = make("tr", { class: "more", id: details, hidden: "" }, make("td", { colspan: "3" }, ...drawDetails(row, on)));
  return [line, more];
}

function drawDetails(row, on) {
  const quotes = row.evidence.map((span) => make("blockquote", { class: row.stance }, span.text));
  const scores = SCORES.map((score) => `${score} ${writePercent(row.scores[score])}`).join(" · ");
  const button = make("button", { type: "button", class: "quiet" }, "Show in the text");
  button.addEventListener("click", () => on.reveal());
  return [...quotes, make("p", { class: "help" }, scores, " ", button)];
}

/** Open the details of a country's row and close all others; null closes all. */
export function markRow(row) {
  for (const line of $("table").querySelectorAll("tr.line")) {
    const isOurs = row?.country === line.dataset.country && (row.group ?? undefined) === line.dataset.group;
    line.classList.toggle("chosen", isOurs);
    line.querySelector("button").setAttribute("aria-expanded", String(isOurs));
    line.nextElementSibling.hidden = !isOurs;
  }
}

/** Tint a country's line; null tints none. */
export function lightRow(country) {
  for (const line of $("table").querySelectorAll("tr.line")) {
    line.classList.toggle("now", country !== null && line.dataset.country === country);
  }
}

/** Bring the chosen line into view inside its own column. */
export function revealRow() {
  const line = $("table").querySelector("tr.chosen");
  line?.nextElementSibling.scrollIntoView({ block: "nearest" });
  line?.scrollIntoView({ block: "nearest" });
}
