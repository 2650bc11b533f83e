// Passkeys: forms for them are hidden where the address or the browser has none. A form with data-options makes one, a
// form with data-begin signs in by one: the authenticator's answer goes along in the field `khoa`.
const forms = [...document.querySelectorAll("[data-passkeys]")].filter(
  (form) => form.dataset.passkeys === location.origin && window.PublicKeyCredential?.parseCreationOptionsFromJSON,
);

async function signIn(form) {
  const answer = await fetch(form.dataset.begin, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  if (!answer.ok) throw new Error(answer.status);
  const { challenge, options } = await answer.json();
  form.elements["thu-thach"].value = challenge;
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
}

function make(form) {
  const options = JSON.parse(form.dataset.options);
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
}

async function ask(form) {
  const failed = document.querySelector("[data-passkey-failed]");
  const button = form.querySelector("button");
  failed.hidden = button.disabled = true;
  try {
    const credential = await (form.dataset.begin ? signIn(form) : make(form));
    form.elements.khoa.value = JSON.stringify(credential);
    form.submit();
  } catch {
    failed.hidden = button.disabled = false;
  }
}

for (const form of forms) {
  form.hidden = false;
  document.querySelectorAll("[data-no-passkeys]").forEach((each) => { each.hidden = true; });
  if ("options" in form.dataset) form.querySelector("button").focus(); // the password was right: this is what is next
  if ("begin" in form.dataset || "options" in form.dataset) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form);
    });
  }
}
