// Parts of a page, rendered by the server: each has an id, and takes the place of what has that id here.

export async function fetchParts(url, options = {}) {
  const response = await fetch(url, { credentials: "same-origin", ...options });
  if (response.status === 401) {
    location.reload(); // the session is over: the server says so, and comes back here after signing in
    return null;
  }
  const type = response.headers.get("content-type") || "";
  if (!type.startsWith("text/html")) return null;
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  return { response, root: template.content };
}

export function replaceParts(root, wanted = () => true) {
  for (const fresh of root.querySelectorAll("[id]")) {
    const here = document.getElementById(fresh.id);
    if (!here || !wanted(fresh.id) || here.outerHTML === fresh.outerHTML) continue;
    const focused = here.contains(document.activeElement) ? document.activeElement : null;
    const open = [...here.querySelectorAll("details")].map((each) => each.open);
    here.replaceWith(fresh);
    fresh.querySelectorAll("details").forEach((each, index) => { if (open[index]) each.open = true; });
    if (focused) keepFocus(focused, fresh);
  }
}

function keepFocus(focused, fresh) {
  const selector = focused.id ? `#${CSS.escape(focused.id)}`
    : focused.getAttribute("href") ? `[href="${CSS.escape(focused.getAttribute("href"))}"]`
    : focused.tagName.toLowerCase();
  (fresh.matches(selector) ? fresh : fresh.querySelector(selector))?.focus({ preventScroll: true });
}
