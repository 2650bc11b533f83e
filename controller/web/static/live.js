// Follows what happens: an event says only what has changed; what is shown is fetched from the server as HTML.
// The line is closed while nobody looks: a browser has six of them to one host, for all its tabs.
import { fetchParts, replaceParts } from "./parts.js";
import "./buttons.js";

const live = document.querySelector("[data-live]");
const SUMMARY_EVERY_MS = 10_000; // a screen reader reads each change of it
const ROWS_AFTER_MS = 400;
const ANYWAY_EVERY_MS = 30_000; // the minutes pass also where nothing happens

let source = null, rows = new Set(), rowsTimer = null, wholeTimer = null, lastWhole = Date.now();

function isSummary(id) { return !id.startsWith("loa-") || id === "loa-im"; }

async function whole() {
  clearTimeout(wholeTimer);
  wholeTimer = null;
  lastWhole = Date.now();
  try {
    const parts = await fetchParts(live.dataset.live);
    if (parts?.response.ok) replaceParts(parts.root);
    // While it waited for approval there was no table to put the loudspeakers' rows in.
    const rowsCame = live.dataset.broadcast && parts?.root.querySelector("tr[id]");
    if (rowsCame && !document.querySelector("table.results")) location.reload();
  } catch { /* the line is down; the event source tries again, and then all is fetched anew */ }
  showLive();
}

function wholeSoon() {
  wholeTimer ??= setTimeout(whole, Math.max(ROWS_AFTER_MS, lastWhole + SUMMARY_EVERY_MS - Date.now()));
}

async function changedRows() {
  rowsTimer = null;
  const changed = [...rows];
  rows = new Set();
  const query = changed.map((speaker) => `loa=${encodeURIComponent(speaker)}`).join("&");
  try {
    const parts = await fetchParts(`${live.dataset.live}?${query}`);
    if (parts?.response.ok) replaceParts(parts.root, (id) => !isSummary(id));
  } catch { /* as above */ }
}

function row(speaker) {
  rows.add(speaker);
  rowsTimer ??= setTimeout(changedRows, ROWS_AFTER_MS);
}

function happened(event) {
  const changed = JSON.parse(event.data);
  const broadcast = live.dataset.broadcast;
  if (broadcast && changed.broadcast && changed.broadcast !== broadcast) return;
  if (broadcast && changed.speaker) row(changed.speaker);
  wholeSoon();
}

function showLive() {
  const up = source?.readyState === EventSource.OPEN;
  document.querySelectorAll(".if-live").forEach((each) => { each.hidden = !up; });
}

function open() {
  source = new EventSource("/phan/su-kien");
  for (const kind of ["delivery", "broadcast", "speaker", "announcement"]) source.addEventListener(kind, happened);
  source.addEventListener("reset", whole);
  source.addEventListener("error", showLive);
  source.addEventListener("open", whole); // what happened between the page and now
}

function close() {
  source?.close();
  source = null;
  showLive();
}

if (live) {
  open();
  setInterval(() => { if (source && Date.now() - lastWhole > ANYWAY_EVERY_MS) whole(); }, 5_000);
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : source ?? open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => { if (event.persisted && !source) open(); });
}
