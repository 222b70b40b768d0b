// Asks the service, and says in words what went wrong.

const RETRIES = 3;
const LONGEST_WAIT_SECONDS = 10;

/** A failure whose message is meant for the reader. */
export class ReadableError extends Error {}

/** GET a JSON document of the service; null where there is none. */
export async function readJson(path) {
  try {
    const answer = await fetch(path);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/**
 * Label an article.
 *
 * Waits and asks again while the service is busy; onBusy(seconds) is told of each wait.
 * Gives the answer both decoded and as the bytes had it. Throws ReadableError, or AbortError after signal.
 */
export async function askLabels(article, { expandGroups, signal, onBusy }) {
  const path = expandGroups ? "v1/label?expand_groups=true" : "v1/label";
  const request = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(article), signal };
  for (let attempt = 0; ; attempt++) {
    const answer = await send(path, request);
    if (answer.ok) return decode(await receive(answer));
    const seconds = Number(answer.headers.get("retry-after") ?? NaN);
    const isBusy = (answer.status === 429 || answer.status === 503) && seconds <= LONGEST_WAIT_SECONDS;
    if (!isBusy || attempt === RETRIES) throw new ReadableError(await explain(answer));
    onBusy(seconds);
    await pause(seconds, signal);
  }
}

async function send(path, request) {
  try {
    return await fetch(path, request);
  } catch (error) {
    throw asReadable(error);
  }
}

async function receive(answer) {
  try {
    return await answer.text();
  } catch (error) {
    throw asReadable(error);
  }
}

function asReadable(error) {
  if (error.name === "AbortError") return error;
  return new ReadableError("The service can't be reached. Check that it still runs and that you are connected, then try again.");
}

function decode(raw) {
  try {
    const labels = JSON.parse(raw);
    if (Array.isArray(labels.stances) && Array.isArray(labels.proposals) && Array.isArray(labels.countries)) return { labels, raw };
  } catch {
    // no JSON: the same words as for JSON of another kind
  }
  throw new ReadableError("The service gave an answer that this page can't read. Reload the page, then try again.");
}

async function explain(answer) {
  const body = await answer.json().catch(() => null);
  const message = body?.error?.message ?? `status ${answer.status}`;
  switch (answer.status) {
    case 401:
      return "This service wants a key. Reload the page: your browser asks for it, as the password.";
    case 408:
    case 504:
      return "The answer did not come in time. Try again, or with a shorter article or fewer proposals.";
    case 413:
      return `This is too much at once: ${message}.`;
    case 429:
      return "The service is busy. Try again in a minute.";
    case 503:
      return `The service can't label this now: ${message}.`;
    default:
      if (answer.status < 500) return `This can't be labelled: ${message}.`;
      return `Something broke in the service: ${message} (request ${body?.error?.request_id ?? "unknown"}).`;
  }
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new DOMException("stopped", "AbortError"));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, seconds * 1000);
    signal.addEventListener("abort", stop, { once: true });
  });
}
