// A file is cleaned in a worker; what will leave is shown, and leaves by its form only.
const at = (id) => document.getElementById(id);
const [chosen, status, result, form] = ["chosen", "progress", "result", "leaving"].map(at);
const worker = new Worker(chosen.dataset.worker, { type: "module" });
let isReady = false;

const tell = (text) => { status.textContent = text; };

function fillRow(kind, cells) {
  const row = document.createElement("tr");
  for (const text of cells) {
    const cell = document.createElement(kind);
    if (kind === "th") cell.scope = "col";
    cell.textContent = text;
    row.append(cell);
  }
  return row;
}

function offer(link, name, content, type) {
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = link.textContent = name;
}

function show({ error, content, name, note, note_name, headings, rows }) {
  tell(error ?? status.dataset.done);
  if (error) return;
  at("note").textContent = note;
  at("head").replaceChildren(fillRow("th", headings));
  at("rows").replaceChildren(...rows.map((cells) => fillRow("td", cells)));
  offer(at("clean-file"), name, content, "text/csv");
  offer(at("note-file"), note_name, note, "text/plain");
  const files = new DataTransfer();
  files.items.add(new File([content], name, { type: "text/csv" }));
  form.elements.file.files = files.files;
  result.hidden = false;
}

chosen.addEventListener("change", () => {
  result.hidden = true;
  const [file] = chosen.files;
  if (!file) return;
  if (file.size > Number(chosen.dataset.most)) return tell(status.dataset.large);
  tell(isReady ? status.dataset.cleaning : status.dataset.loading);
  const now = new Date();
  const today = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((n) => `${n}`.padStart(2, "0")).join("-");
  worker.postMessage({ task: "clean", file, today, lang: document.documentElement.lang });
});

worker.addEventListener("message", ({ data }) => {
  if (data.stage === "done") show(data.outcome);
  else if (data.stage === "failed") tell(status.dataset.failed);
  else isReady = true;
  if (data.stage === "ready" && chosen.files.length) tell(status.dataset.cleaning);
});
worker.addEventListener("error", () => tell(status.dataset.failed));
