// Saves a draft while it is written, and takes what follows from it (the spoken words, the player) out of the answer,
// which is the very page that a reload would show.
import { fetchParts, replaceParts } from "./parts.js";
import { dress } from "./player.js";

const SAVE_AFTER_MS = 3_000;
const FOLLOWS = ["loi-loa", "van-de", "soat", "sua-cach-doc", "da-xem", "con-phai-sua", "nghe", "da-luu", "ma", "tep-dang-dung"];

const form = document.getElementById("soan");
let timer = null, saving = null;
let kept = form ? written() : "";

function fields() {
  const data = new FormData(form);
  data.delete("tep");
  return data;
}

function written() { return JSON.stringify([...fields()].filter(([name]) => name !== "csrf" && name !== "once")); }

async function save(then) {
  const now = written();
  const data = fields();
  if (then) data.set("viec", then);
  const parts = await fetchParts(form.action, { method: "POST", body: data });
  if (!parts) return false;
  if (parts.response.status === 403) return form.submit(); // the session is over: let the server say it
  const fresh = parts.root.getElementById("soan");
  replaceParts(parts.root, (id) => FOLLOWS.includes(id));
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
    if (!form.ten.value.trim() || !form["van-ban"].value.trim() || written() === kept) return;
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

// What is mended is a place of the text as the office knows it: what was typed since is saved first, and looked at again.
function typedSince() { return form && "save" in form.dataset && written() !== kept && form.ten.value.trim() && form["van-ban"].value.trim(); }

document.addEventListener("submit", async (event) => {
  if (!event.target.closest("#sua-cach-doc") || !typedSince()) return;
  event.preventDefault();
  clearTimeout(timer);
  await saving;
  await save();
  document.getElementById("van-de").scrollIntoView();
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.('a[href*="?cho="]');
  if (!link || !typedSince()) return;
  event.preventDefault();
  clearTimeout(timer);
  await saving;
  await save();
});
