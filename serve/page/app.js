// The page: takes an article, asks the service, shows the result.

import { askLabels, readJson, ReadableError } from "./api.js";
import { $ } from "./dom.js";
import { packArticle, readFragment, unpackArticle } from "./link.js";
import { Result } from "./result.js";

const EXAMPLE = { title: "Assembly bans cloud seeding at borders", date: "2026-10-14" };
const SAID_SECONDS = 6;

const result = new Result(say);
let limits = {};
let asking = null; // AbortController of the request that is under way
let silence;

/** Tell people who can't see the page what has changed; with isShown, everyone. */
function say(words, { isShown = false } = {}) {
  clearTimeout(silence);
  $("said").textContent = words;
  $("said").classList.toggle("shown", isShown);
  silence = setTimeout(() => ($("said").textContent = ""), SAID_SECONDS * 1000);
}

function fill({ text = "", title = null, date = null, proposals = null, groups = false }) {
  $("text").value = text;
  $("title").value = title ?? "";
  $("date").value = date ?? "";
  $("proposals").value = (proposals ?? []).join("\n");
  $("own").open = Boolean(proposals);
  $("groups").checked = groups;
  showSize();
}

/** The article as the service takes it: fields left empty are left out. */
function readForm() {
  const proposals = $("proposals").value.split("\n").map((line) => line.trim()).filter(Boolean);
  return {
    text: $("text").value,
    ...($("title").value.trim() && { title: $("title").value.trim() }),
    ...($("date").value && { date: $("date").value }),
    ...(proposals.length && { proposals }),
  };
}

function showSize() {
  const text = $("text").value;
  const words = text.trim() ? text.trim().split(/\s+/).length : 0;
  const characters = Array.from(text).length;
  const isOver = characters > (limits.text_characters ?? Infinity);
  const over = `, too long: ${characters.toLocaleString("en")} characters, at most ${limits.text_characters?.toLocaleString("en")}`;
  $("size").textContent = `${words.toLocaleString("en")} ${words === 1 ? "word" : "words"}${isOver ? over : ""}`;
  $("size").classList.toggle("error", isOver);
}

function showError(words) {
  $("error").textContent = words;
  $("error").hidden = !words;
}

function showForm() {
  $("result").hidden = true;
  $("form").hidden = false;
  $("text").focus();
}

async function submit(wanted) {
  asking?.abort();
  showError("");
  const article = readForm();
  if (!article.text.trim()) {
    showError("There is no article yet: paste one above, or load the example.");
    $("text").focus();
    return;
  }
  const groups = $("groups").checked;
  const request = new AbortController();
  asking = request;
  const stopClock = startClock(article);
  try {
    const options = { expandGroups: groups, signal: request.signal, onBusy: stopClock.explain };
    const { labels, raw } = await askLabels(article, options);
    const packed = await packArticle({ ...article, ...(groups && { groups }) });
    $("form").hidden = true;
    result.show({ article, labels, raw, packed }, wanted);
    scrollTo(0, 0);
  } catch (error) {
    if (error instanceof ReadableError) showError(error.message);
    else if (error.name !== "AbortError") throw error;
  } finally {
    stopClock();
    if (asking === request) {
      asking = null;
      setBusy(false);
    }
  }
}

/** Tell how long it takes. Gives a function that stops this; its `explain(seconds)` says that the service is busy. */
function startClock(article) {
  const begun = performance.now();
  const words = article.text.trim().split(/\s+/).length.toLocaleString("en");
  let why = "";
  const tick = () => {
    const seconds = Math.floor((performance.now() - begun) / 1000);
    $("waited").textContent = `Reading ${words} words … ${seconds ? `${seconds} s` : ""} ${why}`;
  };
  const timer = setInterval(tick, 500);
  tick();
  setBusy(true);
  say(`Reading ${words} words`);
  const stop = () => clearInterval(timer);
  stop.explain = (seconds) => {
    why = `The service is busy, trying again in ${seconds} s.`;
    tick();
  };
  return stop;
}

function setBusy(isBusy) {
  $("waiting").hidden = !isBusy;
  $("cancel").hidden = !isBusy;
  $("submit").disabled = isBusy;
}

async function openFile(file) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    fill({ text });
    showError("");
    say(`${file.name} is in the form.`);
  } catch {
    showError(`${file.name} can't be read as text: save it as plain text in UTF-8.`);
  }
}

async function openLink() {
  const { packed, ...wanted } = readFragment(location.hash);
  if (!packed) return;
  const article = await unpackArticle(packed);
  if (!article) {
    showError("The link is damaged: it holds no article that can be read.");
    return;
  }
  fill(article);
  showForm();
  await submit(wanted);
}

function listenToForm() {
  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  $("form").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !asking) submit();
  });
  $("text").addEventListener("input", showSize);
  $("cancel").addEventListener("click", () => asking?.abort());
  $("example").addEventListener("click", async () => {
    const answer = await fetch("page/example.txt").catch(() => null);
    if (answer?.ok) fill({ text: await answer.text(), ...EXAMPLE });
    else showError("The example can't be loaded: the service can't be reached.");
  });
  $("choose").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", () => $("file").files[0] && openFile($("file").files[0]));
  $("edit").addEventListener("click", showForm);
  $("fresh").addEventListener("click", () => {
    fill({});
    result.forget();
    showForm();
  });
}

function listenToDrops() {
  addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    $("drop").classList.add("over");
  });
  addEventListener("dragleave", () => $("drop").classList.remove("over"));
  addEventListener("drop", (event) => {
    $("drop").classList.remove("over");
    const [file] = event.dataTransfer.files;
    if (!file) return;
    event.preventDefault();
    showForm();
    openFile(file);
  });
}

async function start() {
  listenToForm();
  listenToDrops();
  addEventListener("hashchange", openLink);
  const [info, known] = await Promise.all([readJson("v1/info"), readJson("v1/countries")]);
  limits = info?.limits ?? {};
  if (info) $("model").textContent = `Model: ${info.model.name} ${info.model.version}.`;
  await result.loadMap(new Map((known?.countries ?? []).map(({ country, name }) => [country, name])));
  showSize();
  await openLink();
}

start();
