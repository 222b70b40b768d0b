// What the page knows of stances: their words and signs, and which rows of an answer count.

export const STANCES = {
  support: { sign: "+", verb: "supports", noun: "support" },
  oppose: { sign: "−", verb: "opposes", noun: "oppose" },
  abstain: { sign: "○", verb: "abstains", noun: "abstain" },
};

/** The rows on a proposal from a confidence on, the surest first. */
export function listRows(labels, proposal, minimum) {
  return labels.stances
    .filter((row) => row.proposal === proposal && row.confidence >= minimum)
    .sort((a, b) => b.confidence - a.confidence || a.name.localeCompare(b.name));
}

/** Country -> its row; of several the surest, and a country's own before one that comes from its group. */
export function indexByCountry(rows) {
  const found = new Map();
  for (const row of [...rows.filter((row) => !row.group), ...rows.filter((row) => row.group)]) {
    if (!found.has(row.country)) found.set(row.country, row);
  }
  return found;
}

/** How many rows there are of each stance. */
export function countStances(rows) {
  return Object.fromEntries(Object.keys(STANCES).map((stance) => [stance, rows.filter((row) => row.stance === stance).length]));
}

/** 0.953 -> "95 %"; never up to 100. */
export function writePercent(share) {
  return `${Math.floor(share * 100 + 1e-9)}\u00a0%`;
}

/** "Norway opposes, 95 %" */
export function describeRow(row) {
  return `${row.name} ${STANCES[row.stance].verb}, ${writePercent(row.confidence)}`;
}
