// The receipt of a figure is verified here, by the public keys in the page: nothing is sent. Then
// its release is looked up, which is the only request.
const keys = JSON.parse(document.getElementById("keys").textContent).keys;
const chosen = document.getElementById("chosen"), verdict = document.getElementById("verdict");
const MEMBERS = "figure,path,place,release,signature,timestamp", FORMAT = "parvis receipt 1";
const utf8 = new TextEncoder();

const sorted = (value) =>
  Array.isArray(value) ? value.map(sorted)
    : value === null || typeof value !== "object" ? value
      : Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]));
const canonical = (value) => utf8.encode(JSON.stringify(sorted(value)));
const bytes = (hex, length) => {
  if (typeof hex !== "string" || !/^([0-9a-f]{2})+$/.test(hex) || (length && hex.length !== 2 * length)) throw new Error(hex);
  return Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
};
const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer()));

// The root to which a path leads from a leaf (RFC 6962 §2.1): the last of an odd level goes up.
async function climb(leaf, place, size, path) {
  if (!Number.isSafeInteger(place) || !Number.isSafeInteger(size) || place < 0 || place >= size) throw new Error(place);
  let digest = await sha256(Uint8Array.of(0), leaf);
  const rest = path.map((hex) => bytes(hex, 32));
  for (; size > 1; place = Math.floor(place / 2), size = Math.ceil(size / 2)) {
    const odd = place % 2 === 1;
    if (!odd && place + 1 === size) continue;
    const sibling = rest.shift();
    if (!sibling) throw new Error(path);
    digest = await (odd ? sha256(Uint8Array.of(1), sibling, digest) : sha256(Uint8Array.of(1), digest, sibling));
  }
  if (rest.length) throw new Error(path);
  return digest;
}

// What is wrong with a receipt, by the name of its sentence; empty if nothing is.
async function judge(text, receipt) {
  const { figure, path, place, release, signature, timestamp } = receipt;
  if (Object.keys(receipt).sort().join() !== MEMBERS || release?.format !== FORMAT) return "none";
  if (`${JSON.stringify(sorted(receipt), null, 2)}\n` !== text) return "rewritten";
  const key = keys.find((known) => known.key === release.key);
  if (!key) return "unknown";
  let imported;
  try {
    imported = await crypto.subtle.importKey("raw", bytes(key.public, 32), { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return "unable";
  }
  const signed = new Uint8Array(await new Blob([`${FORMAT}\n`, canonical(release)]).arrayBuffer());
  try {
    if (!await crypto.subtle.verify({ name: "Ed25519" }, imported, bytes(signature, 64), signed)) return "signature";
  } catch {
    return "signature";
  }
  if (key.until && Date.parse(release.released) > Date.parse(key.until)) return "ended";
  try {
    const root = await climb(canonical(figure), place, release.figures, path);
    if (root.some((byte, index) => byte !== bytes(release.root, 32)[index])) return "figure";
  } catch {
    return "figure";
  }
  if (timestamp === null) return "";
  // Its authority's certificate is not here: what is verified is that the third party received it.
  if (Object.keys(timestamp).sort().join() !== "response,signature") return "none";
  try {
    const stamped = await new Blob(["parvis timestamp 1\n", signed, bytes(signature, 64), bytes(timestamp.response)]).arrayBuffer();
    return await crypto.subtle.verify({ name: "Ed25519" }, imported, bytes(timestamp.signature, 64), stamped) ? "" : "stamp";
  } catch {
    return "stamp";
  }
}

async function lookUp(address) {
  if (new URL(address).origin !== location.origin) return "offline";
  const response = await fetch(address, { credentials: "same-origin" });
  if (!response.ok) return "offline";
  return (await response.json()).status;
}

const put = (name, text) => { verdict.querySelector(`[data-${name}]`).textContent = text; };

function show(problem, receipt) {
  const lang = document.documentElement.lang;
  verdict.hidden = false;
  verdict.className = problem ? "problem" : "notice";
  put("result", verdict.dataset[problem || "valid"]);
  put("words", problem ? "" : receipt.figure.words[lang]);
  put("status", "");
  put("stamp-line", problem ? "" : verdict.dataset[receipt.timestamp ? "stamped" : "unstamped"]);
  const line = verdict.querySelector("[data-release]"), release = receipt?.release;
  const day = release && new Date(release.released).toLocaleDateString(lang, { dateStyle: "long" });
  put("release", problem ? "" : line.dataset.text.replace(/{(\w+)}/g, (_, name) => ({ ...release, title: release.title[lang], day })[name]));
}

let turn = 0;

chosen.addEventListener("change", async () => {
  const [file] = chosen.files, own = ++turn;
  verdict.hidden = true;
  put("result", "");
  if (!file) return;
  if (file.size > Number(chosen.dataset.most)) return show("large");
  let text, receipt;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await file.arrayBuffer());
    receipt = JSON.parse(text);
    if (own !== turn) return;
    if (receipt === null || typeof receipt !== "object") return show("none");
  } catch {
    return own === turn ? show("none") : undefined;
  }
  if (!globalThis.crypto?.subtle) return show("unable");
  const problem = await judge(text, receipt).catch(() => "none"); // nested deeper than any receipt
  if (own !== turn) return; // another file was chosen meanwhile
  show(problem, receipt);
  if (problem) return;
  const status = await lookUp(receipt.release.status).catch(() => "offline");
  if (own !== turn) return;
  put("status", verdict.dataset[status] ?? verdict.dataset.offline);
  if (status === "recalled") verdict.className = "problem";
});
