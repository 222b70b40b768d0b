"use strict";
// The browser of mistakes. All words of articles enter the page as text nodes, never as markup.
const { articles, rows } = JSON.parse(document.getElementById("mistakes-data").textContent);
const browser = document.getElementById("browser");
const filters = browser.querySelector("form");
const list = browser.querySelector(".list");
const shown = browser.querySelector(".shown");

function make(name, className, words) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (words !== undefined) element.textContent = words;
  return element;
}

function addStances(parent, row) {
  parent.append(make("span", `stance ${row.gold}`, row.gold), " taken for ", make("span", `stance ${row.predicted}`, row.predicted));
  if (row.confidence !== null) parent.append(` (${row.confidence.toFixed(2)})`);
}

// Offsets are code points, so the text is cut into code points first.
function light(parent, words, spans, field) {
  const characters = Array.from(words);
  const cuts = new Set([0, characters.length]);
  const marks = [];
  for (const [kind, places] of Object.entries(spans))
    for (const [start, end, where] of places)
      if (where === field && start < characters.length) {
        marks.push([kind, start, Math.min(end, characters.length)]);
        cuts.add(start).add(Math.min(end, characters.length));
      }
  const order = [...cuts].sort((a, b) => a - b);
  for (let n = 0; n + 1 < order.length; n++) {
    const piece = characters.slice(order[n], order[n + 1]).join("");
    const kinds = marks.filter(([, start, end]) => start <= order[n] && order[n + 1] <= end).map(([kind]) => kind);
    parent.append(kinds.length ? make("mark", [...new Set(kinds)].join(" "), piece) : piece);
  }
}

function show(row, button) {
  for (const other of list.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
  const article = articles[row.article];
  const title = make("h3");
  light(title, article.title, row.spans, "title");
  const about = make("p");
  about.append(make("b", "", row.name), " on ", make("b", "", row.proposal), ": ");
  addStances(about, row);
  const text = make("div", "text");
  text.tabIndex = 0;
  light(text, article.text, row.spans, "text");
  shown.replaceChildren(title, make("p", "muted", `${row.article} ${article.date}`), about, text);
  const first = ["predicted", "gold", "country"].map((kind) => text.querySelector(`mark.${kind}`)).find(Boolean);
  text.scrollTop = first ? first.offsetTop - text.offsetTop - 80 : 0;
}

function refresh() {
  const wanted = Array.from(filters.querySelectorAll("select"), (select) => [select.name, select.value]);
  const kept = rows.filter((row) => wanted.every(([name, value]) => !value || row[name] === value) && (!filters.doubtful.checked || row.is_doubtful));
  filters.querySelector("output").textContent = `${kept.length} of ${rows.length}`;
  list.replaceChildren(...kept.map((row) => {
    const button = make("button");
    button.type = "button";
    button.append(make("b", "", row.name), " ");
    addStances(button, row);
    button.append(make("small", "", row.proposal));
    button.addEventListener("click", () => show(row, button));
    const item = make("li");
    item.append(button);
    return item;
  }));
  const first = list.querySelector("button");
  if (first) first.click();
  else shown.replaceChildren(make("p", "muted", "Nothing is left with these filters."));
}

for (const select of filters.querySelectorAll("select")) {
  const values = [...new Set(rows.map((row) => row[select.name]))].sort();
  select.append(new Option("all", ""), ...values.map((value) => new Option(value, value)));
}
filters.addEventListener("change", refresh);
filters.addEventListener("submit", (event) => event.preventDefault());
refresh();
