// The result: one article, its labels, and what of them is chosen. Text, map and table show the same choice.

import { $ } from "./dom.js";
import { copyWords, saveFile, writeCsv } from "./export.js";
import { writeFragment } from "./link.js";
import { describeOffMap, WorldMap } from "./map.js";
import { Passages } from "./passages.js";
import { describeRow, indexByCountry, listRows, STANCES } from "./stances.js";
import { drawTable, drawTabs, drawTallies, lightRow, markRow, markTab, revealRow } from "./table.js";

const SIDE_BY_SIDE = "(min-width: 62rem)"; // as in style.css
const REST_MILLISECONDS = 200;
const TYPES = { csv: "text/csv", json: "application/json" };

export class Result {
  /** `say(words, { isShown })` tells what has changed. */
  constructor(say) {
    this.say = say;
    const on = { choose: (country) => this.#chooseCountry(country), hover: (country) => this.#hoverCountry(country) };
    const onText = { ...on, choose: (country) => this.#chooseCountry(country, { isFromText: true }) };
    this.passages = new Passages($("words"), $("heading"), onText);
    this.map = new WorldMap($("world"), on);
    $("minimum").addEventListener("input", () => this.#limit(Number($("minimum").value)));
    $("result").addEventListener("keydown", (event) => event.key === "Escape" && this.#choose(null));
    for (const button of document.querySelectorAll("[data-format]")) {
      button.addEventListener("click", () => this.#export(button.dataset));
    }
    $("copy-link").addEventListener("click", () => this.#copy(new URL(this.#makeFragment(), location).href, "The link"));
  }

  /** Show an article with its labels; `wanted` is what a link asks for: proposal, minimum, country. */
  show({ article, labels, raw, packed }, wanted = {}) {
    Object.assign(this, { article, labels, raw, packed, row: null, minimum: wanted.minimum ?? 0 });
    $("minimum").value = String(this.minimum);
    const proposals = labels.proposals;
    const first = proposals.find(({ id }) => id === wanted.proposal) ?? proposals.find(({ main }) => main) ?? proposals[0];
    this.passages.draw(article, labels);
    $("dateline").textContent = [article.date, countThings(article, labels)].filter(Boolean).join(" · ");
    $("notice").textContent = findNotice(labels);
    $("notice").hidden = !$("notice").textContent;
    $("found").hidden = !first;
    $("arrows").hidden = !labels.stances.length;
    $("result").hidden = false;
    this.proposal = first ?? null;
    this.#refresh();
    const row = wanted.country && this.byCountry.get(wanted.country);
    if (row) this.#choose(row);
    $("heading").focus();
    this.say(`${countThings(article, labels)}. ${$("notice").textContent}`);
  }

  /** Fetch the map; what is shown already is coloured then. `names` is country -> name. */
  async loadMap(names) {
    await this.map.load(names);
    if (this.labels) this.#refresh();
  }

  /** Take the article out of the address. */
  forget() {
    clearTimeout(this.remembering);
    history.replaceState(null, "", location.pathname);
  }

  /** Colour everything anew: after another proposal or confidence. */
  #refresh() {
    const all = this.proposal ? listRows(this.labels, this.proposal.id, 0) : [];
    this.rows = all.filter((row) => row.confidence >= this.minimum / 100);
    this.byCountry = indexByCountry(this.rows);
    this.passages.colour(this.byCountry);
    $("minimum-out").textContent = `${this.minimum} %`;
    if (this.proposal) {
      drawTabs(this.labels, this.proposal.id, this.minimum / 100, (id) => this.#chooseProposal(id));
      drawTallies(this.rows, all.length - this.rows.length);
      drawTable(this.proposal, this.rows, {
        choose: (row) => this.#choose(row === this.row ? null : row),
        hover: (row) => this.#light(row ?? this.row),
        reveal: () => this.passages.reveal(),
      });
    }
    $("off-map").textContent = describeOffMap(this.map.colour(this.byCountry));
    this.#choose(this.row && this.rows.includes(this.row) ? this.row : null);
  }

  #limit(minimum) {
    this.minimum = minimum;
    this.#refresh();
  }

  #chooseProposal(id) {
    const country = this.row?.country;
    this.proposal = this.labels.proposals.find((proposal) => proposal.id === id);
    this.row = null;
    markTab(id);
    this.#refresh();
    if (this.byCountry.has(country)) this.#choose(this.byCountry.get(country));
  }

  #chooseCountry(country, { isFromText = false } = {}) {
    const row = this.byCountry.get(country);
    this.#choose(row === this.row ? null : row, { isFromText });
  }

  /** Choose a row, or none: its details open, its evidence stays lit. */
  #choose(row, { isFromText = false } = {}) {
    const isNew = row !== null && row !== this.row;
    this.row = row;
    markRow(row);
    this.#light(row);
    this.#remember();
    if (!isNew) return;
    const isWide = matchMedia(SIDE_BY_SIDE).matches;
    const quotes = row.evidence.map((span) => span.text).join(" ");
    if (isFromText && !isWide) this.say(describeRow(row), { isShown: true });
    else this.say(`${describeRow(row)}: ${quotes}`);
    if (!isWide) return;
    if (isFromText) revealRow();
    else this.passages.reveal();
  }

  /** Put the view into the address, a moment later: browsers refuse to do that many times a second. */
  #remember() {
    clearTimeout(this.remembering);
    this.remembering = setTimeout(() => history.replaceState(null, "", this.#makeFragment()), REST_MILLISECONDS);
  }

  #makeFragment() {
    const { packed, minimum, proposal, row } = this;
    return writeFragment({ packed, minimum, proposal: proposal?.id, country: row?.country });
  }

  #hoverCountry(country) {
    this.#light(country ? this.byCountry.get(country) : this.row);
  }

  #light(row) {
    const country = row?.country ?? null;
    this.passages.light(row ?? undefined, country, row === this.row);
    this.map.light(country);
    lightRow(country);
    $("lit").textContent = row ? `${STANCES[row.stance].sign} ${describeRow(row)}` : "";
    $("lit").className = row?.stance ?? "";
  }

  #export({ format, act }) {
    const words = format === "csv" ? writeCsv(this.labels, this.minimum / 100) : this.raw;
    if (act === "copy") this.#copy(words, format.toUpperCase());
    else saveFile(words, `stances-${this.article.date ?? "undated"}.${format}`, TYPES[format]);
  }

  async #copy(words, what) {
    try {
      await copyWords(words);
      this.say(`${what} is on the clipboard.`, { isShown: true });
    } catch {
      this.say("The browser did not allow copying.", { isShown: true });
    }
  }
}

function countThings(article, labels) {
  const words = article.text.trim().split(/\s+/).length.toLocaleString("en");
  const counts = [
    [labels.stances.length, "stance", "stances"],
    [labels.proposals.length, "proposal", "proposals"],
    [labels.countries.length, "country or group", "countries and groups"],
  ];
  return [`${words} words`, ...counts.map(([count, one, many]) => `${count} ${count === 1 ? one : many}`)].join(", ");
}

function findNotice(labels) {
  const notices = [];
  if (!labels.proposals.length) notices.push("No proposal was found in this text. Name one yourself: Edit the article, then “Ask about proposals of your own”.");
  else if (!labels.countries.length) notices.push("No country was found in this text.");
  else if (!labels.stances.length) notices.push("The text tells no stance of a country on these proposals.");
  if (labels.truncated) notices.push("The article was too long to be read whole: its end was left out.");
  return notices.join(" ");
}
