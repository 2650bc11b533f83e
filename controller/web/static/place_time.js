// The tree of areas ticks as people expect, and the sentence follows each choice; the server writes it.
import { fetchParts, replaceParts } from "./parts.js";

const AFTER_MS = 250;
const form = document.querySelector("[data-sentence]");
let timer = null, asked = 0;

const boxOf = (item) => item.querySelector(":scope > label > input");
const below = (item) => [...item.querySelectorAll(":scope li")].map(boxOf);
const above = (box) => box.closest("li").parentElement.closest("li");

function tickBelow(item) {
  for (const each of below(item)) each.checked = boxOf(item).checked;
}

function lookUp(box) {
  for (let item = above(box); item; item = above(boxOf(item))) {
    const ticks = below(item).filter((each) => !each.closest("li").querySelector("li")).map((each) => each.checked);
    boxOf(item).checked = ticks.every(Boolean);
    boxOf(item).indeterminate = !boxOf(item).checked && ticks.some(Boolean);
  }
}

function settle() {
  const boxes = [...form.querySelectorAll(".area-tree input")];
  for (const box of boxes) if (box.checked) tickBelow(box.closest("li"));
  for (const box of boxes.reverse()) if (!box.closest("li").querySelector("li")) lookUp(box);
}

function noLongerNow() {
  if (form.querySelector("[value=ngay-bay-gio]").checked) form.querySelector("[value=gio-dinh]").checked = true;
}

async function sentence() {
  const mine = ++asked;
  const query = new URLSearchParams(new FormData(form));
  try {
    const parts = await fetchParts(`${form.dataset.sentence}?${query}`);
    if (parts?.response.ok && mine === asked) replaceParts(parts.root);
  } catch { /* the line is down: the next page says the sentence anyway */ }
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(sentence, AFTER_MS);
}

form.addEventListener("change", (event) => {
  const box = event.target;
  if (box.name === "dia-ban" || box.name === "cum-loa") {
    box.indeterminate = false;
    tickBelow(box.closest("li"));
    lookUp(box);
  }
  if (box.name === "ngay" || box.name === "gio") noLongerNow();
  soon();
});
form.addEventListener("input", (event) => { if (event.target.type === "text") soon(); });
form.querySelector(".presets").hidden = false;
form.querySelectorAll("[data-set]").forEach((preset) => preset.addEventListener("click", () => {
  form[preset.dataset.set].value = preset.dataset.to;
  noLongerNow();
  soon();
}));
form.querySelectorAll(".no-script").forEach((each) => { each.hidden = true; });
settle();
if (form.querySelector(":checked[name=dia-ban], :checked[name=cum-loa]")) soon();
