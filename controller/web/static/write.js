// Saves a draft while it is written, and takes what follows from it (the spoken words, the player) out of the answer,
// which is the very page that a reload would show.
import { fetchParts, replaceParts } from "./parts.js";
import { dress } from "./player.js";

const SAVE_AFTER_MS = 3_000;
const FOLLOWS = ["loi-loa", "van-de", "soat", "sua-cach-doc", "da-xem", "con-phai-sua", "tranh-chap", "nghe", "da-luu",
  "ma", "tep-dang-dung", "cho-di"];
const OF_THE_PANEL = ["van-de", "sua-cach-doc"]; // while somebody writes there how a place is said, they stay

const form = document.getElementById("soan");
let timer = null, saving = null;
let kept = form ? written() : "";

function fields() {
  const data = new FormData(form);
  data.delete("tep");
  return data;
}

function written() { return JSON.stringify([...fields()].filter(([name]) => !["csrf", "once", "ban"].includes(name))); }

async function save(then) {
  const now = written();
  const data = fields();
  if (then) data.set("viec", then);
  const parts = await fetchParts(form.action, { method: "POST", body: data });
  if (!parts) return false;
  if (parts.response.status === 403) return form.submit(); // the session is over: let the server say it
  const fresh = parts.root.getElementById("soan");
  const mending = document.getElementById("sua");
  replaceParts(parts.root, (id) => FOLLOWS.includes(id) && !(mending && OF_THE_PANEL.includes(id)));
  dress(document.getElementById("nghe"));
  if (!parts.response.ok) return false;
  kept = now;
  if (fresh && form.getAttribute("action") !== fresh.getAttribute("action")) {
    form.setAttribute("action", fresh.getAttribute("action"));
    history.replaceState(null, "", fresh.getAttribute("action"));
  }
  return true;
}

function saveSoon() {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    if (!typedSince()) return;
    await saving;
    saving = save().catch(() => false).finally(() => { saving = null; });
  }, SAVE_AFTER_MS);
}

if (form && "save" in form.dataset) {
  form.addEventListener("input", saveSoon);
  form.addEventListener("submit", async (event) => {
    clearTimeout(timer);
    if (saving) { // an older text must not come to the office after this one
      event.preventDefault();
      const { submitter } = event;
      await saving;
      return form.requestSubmit(submitter);
    }
    if (event.submitter?.value !== "nghe" || form.tep.files.length) return;
    event.preventDefault();
    event.submitter.disabled = true;
    try {
      if (await save("nghe")) document.querySelector("#nghe audio")?.play();
    } finally {
      event.submitter.disabled = false;
    }
  });
}

function typedSince() { return form && "save" in form.dataset && written() !== kept && form["van-ban"].value.trim(); }

async function saveFirst() {
  clearTimeout(timer);
  await saving;
  saving = save().catch(() => false).finally(() => { saving = null; });
  return saving;
}

// What is mended is a place of the text as the office knows it: what was typed since is saved first. The button says what
// is written at its place, so it is found again where that has moved.
document.addEventListener("submit", async (event) => {
  const from = event.target, { submitter } = event;
  if (!from.closest("#sua-cach-doc, .send-alone") || !typedSince()) return;
  event.preventDefault();
  if (from.matches(".send-alone")) { // what is sent is what was saved, and its doubts are shown beside the button
    if (await saveFirst()) from.requestSubmit(submitter);
    return;
  }
  const data = new FormData(from, submitter), path = submitter?.getAttribute("formaction") || from.action;
  if (!(await saveFirst())) return;
  const again = document.createElement("form");
  again.method = "post";
  again.action = path;
  for (const [name, value] of data) again.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  document.body.append(again);
  again.submit();
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[href]");
  if (link?.hreflang && typedSince()) {
    event.preventDefault();
    if (await saveFirst()) link.click(); // by now it is saved, and may have another address
    else if (confirm(link.dataset.asks)) location.assign(link.href);
    return;
  }
  if (!link || link.target || link.pathname !== new URL(form?.action ?? "about:blank").pathname || !typedSince()) return;
  event.preventDefault();
  if (!(await saveFirst())) return;
  if (!link.search) return void location.assign(link.href);
  document.getElementById("bam-lai").hidden = false; // the places have moved
});

// An officer who leaves within the seconds before a save loses nothing.
addEventListener("pagehide", () => {
  if (!typedSince()) return;
  const data = fields();
  if (saving) data.set("viec", "ghi-de"); // what is under way is of this very page, and older
  fetch(form.action, { method: "POST", body: data, credentials: "same-origin", keepalive: true });
});
