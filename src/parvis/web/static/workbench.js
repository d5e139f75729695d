// Files may be dragged onto the form; the preview follows the choices of the columns.
const dropping = document.querySelector(".dropping");
if (dropping) {
  const field = dropping.querySelector("input[type=file]");
  for (const name of ["dragenter", "dragover"]) {
    dropping.addEventListener(name, (event) => { event.preventDefault(); dropping.classList.add("over"); });
  }
  dropping.addEventListener("dragleave", () => dropping.classList.remove("over"));
  dropping.addEventListener("drop", (event) => {
    event.preventDefault();
    dropping.classList.remove("over");
    if (event.dataTransfer.files.length === 1) field.files = event.dataTransfer.files;
  });
}

// One request at a time: a change during it is sent after it, with the revision that it made.
const PAUSE = 400;
let waiting = null;
let isSending = false;
let isChanged = false;
let submit = null;

function take(page) {
  for (const id of ["preview", "problems"]) {
    const part = page.getElementById(id);
    if (part) document.getElementById(id).replaceWith(document.adoptNode(part));
  }
  dispatchEvent(new Event("redrawn"));
  for (const field of page.querySelectorAll("#choices input[name=revision]")) {
    for (const own of document.querySelectorAll("input[name=revision]")) own.value = field.value;
  }
  for (const row of page.querySelectorAll(".columns tbody tr")) {
    const own = document.querySelector(`.columns tbody tr:nth-child(${row.rowIndex})`);
    if (own && !own.contains(document.activeElement)) own.replaceWith(document.adoptNode(row.cloneNode(true)));
    else if (own) {
      own.className = row.className;
      own.querySelector(".badge").replaceWith(row.querySelector(".badge").cloneNode(true));
    }
  }
}

async function send() {
  const form = document.getElementById("choices");
  if (isSending || !form) { isChanged = isSending; return; }
  isSending = true;
  isChanged = false;
  document.body.classList.add("is-drawing");
  try {
    const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const alert = page.querySelector(".problem");
    document.getElementById("told").replaceChildren(...(alert ? [document.adoptNode(alert)] : []));
    if (response.ok) take(page);
  } catch { /* the button draws the page, and shows what is wrong */ }
  document.body.classList.remove("is-drawing");
  isSending = false;
  if (submit) submit();
  else if (isChanged) send();
  submit = null;
}

// A button waits for the preview under way: it has this reader's place at the server, and its
// answer has the revision that the form must name, else the choices would be refused and lost.
document.addEventListener("submit", (event) => {
  const { target, submitter } = event;
  if (!target.querySelector("input[name=revision]")) return;
  clearTimeout(waiting);
  if (!isSending) return;
  event.preventDefault();
  submit = () => target.requestSubmit(submitter);
});

document.getElementById("choices")?.addEventListener("change", () => {
  clearTimeout(waiting);
  waiting = setTimeout(send, PAUSE);
});
