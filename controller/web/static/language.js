// The link to the other language leads back to the address that the page has by now, and asks before it loses what was
// typed. A draft is saved first instead: see write.js.
const saves = (form) => "save" in form.dataset;

function isTyped(field) {
  if (field.type === "hidden") return false;
  if (field.options) {
    const chosen = [...field.options].some((each) => each.defaultSelected);
    return [...field.options].some((each, index) => each.selected !== (chosen ? each.defaultSelected : index === 0));
  }
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  return "defaultValue" in field && field.value !== field.defaultValue;
}

for (const link of document.querySelectorAll("a[hreflang]")) {
  link.addEventListener("click", (event) => {
    link.search = new URLSearchParams({ tiep: location.pathname + location.search });
    const typed = [...document.forms].some((form) => !saves(form) && [...form.elements].some(isTyped));
    if (typed && !confirm(link.dataset.asks)) event.preventDefault();
  });
}
