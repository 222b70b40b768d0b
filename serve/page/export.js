// Takes an answer out of the page: CSV that a spreadsheet can open without harm, the clipboard, files.

const COLUMNS = ["title", "date", "proposal", "proposal_text", "country", "name", "stance", "confidence"];
const SCORES = ["none", "support", "oppose", "abstain"];
const FORMULA = /^[\s\u200b\ufeff]*[=+\-@＝＋－＠]|^[\t\r\n]/;

/** One line per stance from a confidence on, in the order of the answer. */
export function writeCsv(labels, minimum) {
  const texts = new Map(labels.proposals.map((proposal) => [proposal.id, proposal.text]));
  const rows = labels.stances.filter((row) => row.confidence >= minimum);
  const lines = rows.map((row) => [
    labels.title,
    labels.date,
    row.proposal,
    texts.get(row.proposal),
    row.country,
    row.name,
    row.stance,
    row.confidence,
    ...SCORES.map((score) => row.scores[score]),
    row.group,
    row.evidence.map((span) => span.text).join(" | "),
  ]);
  const header = [...COLUMNS, ...SCORES.map((score) => `score_${score}`), "group", "evidence"];
  return [header, ...lines].map((cells) => `${cells.map(writeCell).join(",")}\r\n`).join("");
}

/** A cell; words that a spreadsheet would run as a formula get an apostrophe in front. */
function writeCell(value) {
  const words = String(value ?? "");
  const safe = typeof value === "string" && FORMULA.test(words) ? `'${words}` : words;
  return /[",\r\n\t']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Offer a file for download. CSV starts with a byte order mark, which spreadsheets need to see UTF-8. */
export function saveFile(words, name, type) {
  const parts = type === "text/csv" ? ["\ufeff", words] : [words];
  const address = URL.createObjectURL(new Blob(parts, { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** Put words on the clipboard, also where the browser keeps its newer way for encrypted pages. */
export async function copyWords(words) {
  if (navigator.clipboard) return navigator.clipboard.writeText(words);
  const area = document.createElement("textarea");
  area.value = words;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (!isCopied) throw new Error("the browser refused");
}
