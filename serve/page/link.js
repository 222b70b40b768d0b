// The state of the page in the fragment of its address, which browsers keep to themselves.

const LONGEST_BYTES = 1_000_000; // of an article in a link, unpacked: a link may come from anyone

/** Pack an article (any JSON) into letters that can stand in an address. */
export async function packArticle(article) {
  const bytes = new TextEncoder().encode(JSON.stringify(article));
  const packed = new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw")));
  const letters = Array.from(new Uint8Array(await packed.arrayBuffer()), (byte) => String.fromCharCode(byte));
  return btoa(letters.join("")).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Undo packArticle; null for anything else. */
export async function unpackArticle(packed) {
  try {
    const bytes = Uint8Array.from(atob(packed.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
    const article = JSON.parse(await inflate(bytes));
    return typeof article?.text === "string" ? article : null;
  } catch {
    return null;
  }
}

async function inflate(bytes) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let words = "";
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return words + decoder.decode();
    size += value.length;
    if (size > LONGEST_BYTES) {
      await reader.cancel();
      throw new RangeError("the article in the link is too long");
    }
    words += decoder.decode(value, { stream: true });
  }
}

/** The fragment for a view; what is at its default is left out. */
export function writeFragment({ packed, proposal, minimum, country }) {
  const fields = new URLSearchParams({ article: packed });
  if (proposal) fields.set("proposal", proposal);
  if (minimum > 0) fields.set("confidence", String(minimum));
  if (country) fields.set("country", country);
  return `#${fields}`;
}

/** What a fragment says; `packed` is null where it holds no article. */
export function readFragment(fragment) {
  const fields = new URLSearchParams(fragment.replace(/^#/, ""));
  const minimum = Math.trunc(Number(fields.get("confidence")));
  return {
    packed: fields.get("article"),
    proposal: fields.get("proposal"),
    minimum: minimum > 0 && minimum < 100 ? minimum : 0,
    country: fields.get("country"),
  };
}
