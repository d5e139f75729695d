// Completes a form by a passkey: asks the site for options, the browser for an answer, then sends it.
const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

async function answerSignIn(options) {
  const credential = await navigator.credentials.get({
    publicKey: { ...options, challenge: toBytes(options.challenge), allowCredentials: [] },
  });
  const { clientDataJSON, authenticatorData, signature, userHandle } = credential.response;
  return describe(credential, {
    clientDataJSON: toText(clientDataJSON),
    authenticatorData: toText(authenticatorData),
    signature: toText(signature),
    userHandle: userHandle ? toText(userHandle) : null,
  });
}

async function answerRegistration(options) {
  const credential = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: toBytes(options.challenge),
      user: { ...options.user, id: toBytes(options.user.id) },
      excludeCredentials: (options.excludeCredentials ?? []).map((entry) => ({
        ...entry,
        id: toBytes(entry.id),
      })),
    },
  });
  const { clientDataJSON, attestationObject } = credential.response;
  return describe(credential, {
    clientDataJSON: toText(clientDataJSON),
    attestationObject: toText(attestationObject),
  });
}

const describe = (credential, response) => ({
  id: credential.id,
  rawId: toText(credential.rawId),
  type: credential.type,
  clientExtensionResults: {},
  response,
});

// The names of errors of WebAuthn (Level 3, §5.1.3), and what a person reads.
const MESSAGES = {
  NotAllowedError: "cancelled",
  AbortError: "cancelled",
  InvalidStateError: "known",
  NotSupportedError: "unsupported",
  SecurityError: "unsupported",
};

function show(form, name) {
  for (const message of form.querySelectorAll("[data-message]")) {
    message.hidden = message.dataset.message !== name;
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", async (event) => {
    // Another button of the form leads to an account elsewhere.
    if (event.submitter?.hasAttribute("formaction")) return;
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    show(form, "");
    try {
      if (!window.PublicKeyCredential) throw new DOMException("", "NotSupportedError");
      const fields = new URLSearchParams(new FormData(form));
      const response = await fetch(form.dataset.passkey, { method: "POST", body: fields });
      if (!response.ok) throw new Error(`${response.status}`);
      const options = await response.json();
      const isSignIn = fields.get("purpose") === "sign-in";
      const answer = await (isSignIn ? answerSignIn : answerRegistration)(options);
      form.elements.credential.value = JSON.stringify(answer);
      HTMLFormElement.prototype.submit.call(form);
    } catch (error) {
      show(form, MESSAGES[error.name] ?? "failed");
      button.disabled = false;
    }
  });
}
