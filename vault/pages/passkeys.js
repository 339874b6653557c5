// Passkeys: takes what the page asks, asks the device, and sends its answer with the page's own form.
// A form with data-passkey="get" or "create" carries the options in data-options. Nothing is fetched and nothing stored.
"use strict";

const decode = (text) => {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
};

const encode = (bytes) => {
  const plain = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};

const known = (list) => (list ?? []).map((one) => ({ ...one, id: decode(one.id) }));

const ask = {
  get: (options) => navigator.credentials.get({
    publicKey: { ...options, challenge: decode(options.challenge), allowCredentials: known(options.allowCredentials) },
  }),
  create: (options) => navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: decode(options.challenge),
      user: { ...options.user, id: decode(options.user.id) },
      excludeCredentials: known(options.excludeCredentials),
    },
  }),
};

const answer = (credential) => {
  const told = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) told[name] = encode(credential.response[name]);
  }
  return { id: credential.id, rawId: encode(credential.rawId), type: credential.type, response: told };
};

const prepare = (form) => {
  const options = JSON.parse(form.dataset.options);
  const silent = form.querySelector("[data-silent]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    silent.hidden = true;
    try {
      const credential = await ask[form.dataset.passkey](options);
      form.elements.namedItem("credential").value = JSON.stringify(answer(credential));
      form.submit();
    } catch {
      silent.hidden = false; // taken back, timed out, or nothing to answer with: the device does not say which
    }
  });
};

const able = Boolean(window.PublicKeyCredential);
for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (able) prepare(form);
}
for (const part of document.querySelectorAll("[data-without]")) part.hidden = true;
for (const part of document.querySelectorAll(able ? "[data-able]" : "[data-unable]")) part.hidden = false;
