// The article with its countries and its evidence. Offsets are Unicode code points, as in the answer, not UTF-16 units.

import { make } from "./dom.js";
import { describeRow } from "./stances.js";

/** Cut a text where spans begin or end; each piece knows the spans that cover it. */
export function cutText(text, spans) {
  const points = Array.from(text);
  const edges = new Set([0, points.length, ...spans.flatMap((span) => [span.start, span.end])]);
  const sorted = [...edges].filter((edge) => edge <= points.length).sort((a, b) => a - b);
  return sorted.slice(0, -1).map((start, place) => ({
    text: points.slice(start, sorted[place + 1]).join(""),
    covers: spans.filter((span) => span.start <= start && start < span.end),
  }));
}

/** The shown article: draws once, then only changes what is coloured and lit. */
export class Passages {
  /** `choose(country)` is called when a country is clicked, `hover(country or null)` when it is pointed at. */
  constructor(container, heading, { choose, hover }) {
    this.container = container;
    this.heading = heading;
    this.mentions = []; // { country, element, words } in the order of the text
    this.passages = new Map(); // "field:start:end" of a piece of evidence -> its elements
    this.lit = [];
    for (const part of [container, heading]) {
      part.addEventListener("click", (event) => chosen(event, choose));
      part.addEventListener("pointerover", (event) => hover(findCountry(event)));
      part.addEventListener("pointerleave", () => hover(null));
      part.addEventListener("focusin", (event) => hover(findCountry(event)));
      part.addEventListener("focusout", () => hover(null));
      part.addEventListener("keydown", (event) => this.#move(event, choose));
    }
  }

  /** Draw an article with all mentions and all evidence of its labels. */
  draw(article, labels) {
    this.mentions = [];
    this.passages = new Map();
    this.lit = [];
    const spans = [
      ...labels.countries.flatMap(({ country, mentions }) => mentions.map((span) => ({ ...span, country }))),
      ...new Map(labels.stances.flatMap((row) => row.evidence.map((span) => [nameSpan(span), span]))).values(),
    ];
    this.#drawField("text", article.text, spans, this.container);
    this.#drawField("title", article.title ?? "The article", article.title ? spans : [], this.heading);
  }

  /** Colour the mentions by the stance of their country; `rows` is country -> row. */
  colour(rows) {
    for (const { country, element, words } of this.mentions) {
      const row = rows.get(country);
      element.className = row ? `mention ${row.stance}` : "mention";
      for (const name of ["role", "tabindex", "aria-label", "aria-pressed"]) element.removeAttribute(name);
      if (!row) continue;
      element.setAttribute("role", "button");
      element.setAttribute("aria-label", `${words}: ${describeRow(row)}`);
      element.setAttribute("aria-pressed", "false");
      element.tabIndex = -1;
    }
    this.#setStop(this.mentions.find(({ country }) => rows.has(country))?.element);
  }

  /** Light a country's mentions and evidence; null puts all lights out. */
  light(row, country, isChosen) {
    for (const element of this.lit) element.classList.remove("lit", "chosen", "support", "oppose", "abstain");
    this.lit = (row?.evidence ?? []).flatMap((span) => this.passages.get(nameSpan(span)) ?? []);
    for (const element of this.lit) element.classList.add("lit", row.stance);
    for (const mention of this.mentions) {
      const isOurs = row !== undefined && mention.country === country;
      mention.element.classList.toggle("now", isOurs);
      if (mention.element.hasAttribute("role")) mention.element.setAttribute("aria-pressed", String(isOurs && isChosen));
    }
  }

  /** Bring the lit evidence, or else the country's first mention, into view. */
  reveal() {
    const target = this.lit[0] ?? this.mentions.find(({ element }) => element.classList.contains("now"))?.element;
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    target?.scrollIntoView({ block: "center", behavior: isCalm ? "auto" : "smooth" });
  }

  #drawField(field, text, spans, parent) {
    const pieces = cutText(text, spans.filter((span) => (span.field ?? "text") === field));
    parent.replaceChildren(...pieces.map((piece) => this.#drawPiece(piece)));
  }

  #drawPiece({ text, covers }) {
    const mention = covers.find((span) => span.country);
    const evidence = covers.filter((span) => !span.country);
    if (!covers.length) return document.createTextNode(text);
    const words = mention ? make("span", { class: "mention", "data-country": mention.country }, text) : text;
    if (mention) this.mentions.push({ country: mention.country, element: words, words: text });
    if (!evidence.length) return words;
    const passage = make("span", { class: "passage" }, words);
    for (const span of evidence) {
      const name = nameSpan(span);
      this.passages.set(name, [...(this.passages.get(name) ?? []), passage]);
    }
    return passage;
  }

  /** One stop for the Tab key; from there the arrow keys go on. */
  #setStop(element) {
    for (const mention of this.mentions) if (mention.element.tabIndex === 0) mention.element.tabIndex = -1;
    if (element) element.tabIndex = 0;
  }

  #move(event, choose) {
    const country = findCountry(event);
    if (!country) return;
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter" || event.key === " ") choose(country);
    else if (step) {
      const stops = this.mentions.map(({ element }) => element).filter((element) => element.hasAttribute("role"));
      const next = stops[stops.indexOf(event.target) + step];
      if (next) {
        this.#setStop(next);
        next.focus();
      }
    } else return;
    event.preventDefault();
  }
}

function nameSpan(span) {
  return `${span.field ?? "text"}:${span.start}:${span.end}`;
}

function findCountry(event) {
  return event.target.closest?.('.mention[role="button"]')?.dataset.country ?? null;
}

function chosen(event, choose) {
  const country = findCountry(event);
  if (country && getSelection().isCollapsed) choose(country);
}
