// The world, coloured for one proposal. Its countries have their ISO 3166-1 alpha-3 code as id.

import { countStances, describeRow, STANCES } from "./stances.js";

const SVG = "http://www.w3.org/2000/svg";
const TILE = 8; // units of the drawing that a pattern repeats in
const GROUND = "M0 0H8V8H0Z";

export class WorldMap {
  constructor(container, { choose, hover }) {
    this.container = container;
    this.places = new Map(); // country -> its shape
    this.coloured = [];
    const find = (event) => (this.places.has(event.target.id) && event.target.classList.contains("told") ? event.target.id : null);
    container.addEventListener("click", (event) => find(event) && choose(find(event)));
    container.addEventListener("pointerover", (event) => hover(find(event)));
    container.addEventListener("pointerleave", () => hover(null));
  }

  /** Fetch the drawing, once; without it the page works on, without a map. */
  async load(names) {
    const answer = await fetch("page/map.svg").catch(() => null);
    if (!answer?.ok) return;
    const drawing = new DOMParser().parseFromString(await answer.text(), "image/svg+xml").documentElement;
    this.drawing = document.importNode(drawing, true);
    this.drawing.setAttribute("role", "img");
    for (const shape of this.drawing.querySelectorAll("[id]")) {
      this.places.set(shape.id, shape);
      const title = document.createElementNS(SVG, "title");
      title.textContent = names.get(shape.id) ?? shape.id;
      shape.append(title);
    }
    this.drawing.prepend(makePatterns());
    this.container.replaceChildren(this.drawing);
  }

  /** Colour countries by their rows, country -> row. Gives the rows that have no place on the map. */
  colour(rows) {
    for (const shape of this.coloured) {
      shape.classList.remove("told", "support", "oppose", "abstain");
      shape.removeAttribute("fill");
    }
    const shown = [...rows.values()].filter((row) => this.places.has(row.country));
    this.coloured = shown.map((row) => {
      const shape = this.places.get(row.country);
      shape.classList.add("told", row.stance);
      shape.setAttribute("fill", `url(#fill-${row.stance})`);
      return shape;
    });
    this.drawing?.setAttribute("aria-label", `World map: ${describeCounts(shown)}. The table below has the same.`);
    return [...rows.values()].filter((row) => !this.places.has(row.country));
  }

  /** Outline a country; null outlines none. */
  light(country) {
    this.now?.classList.remove("now");
    this.now = this.places.get(country);
    this.now?.classList.add("now");
  }
}

/** "European Union supports, 90 %; NATO opposes, 80 %" */
export function describeOffMap(rows) {
  return rows.length ? `Not on the map: ${rows.map(describeRow).join("; ")}.` : "";
}

function describeCounts(rows) {
  const counts = countStances(rows);
  return Object.entries(STANCES).map(([stance, { noun }]) => `${counts[stance]} ${noun}`).join(", ");
}

/** Fills that differ in shape too: plain, hatched, dotted. */
function makePatterns() {
  const marks = { support: GROUND, oppose: "M0 8L8 0M-2 2L2 -2M6 10L10 6", abstain: "M2 2h3.5v3.5h-3.5Z" };
  const definitions = document.createElementNS(SVG, "defs");
  for (const stance of Object.keys(STANCES)) {
    const pattern = document.createElementNS(SVG, "pattern");
    for (const [name, value] of [["id", `fill-${stance}`], ["patternUnits", "userSpaceOnUse"], ["width", TILE], ["height", TILE]]) {
      pattern.setAttribute(name, value);
    }
    for (const [kind, shape] of [["ground", GROUND], ["mark", marks[stance]]]) {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("class", `${kind} ${stance}`);
      path.setAttribute("d", shape);
      pattern.append(path);
    }
    definitions.append(pattern);
  }
  return definitions;
}
