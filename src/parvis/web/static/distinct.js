// The people of a file are counted, or kits drawn, in a worker; what comes out is kept by the reader.
const at = (id) => document.getElementById(id);
const [form, status, result] = ["distinct", "progress", "result"].map(at);
const { task, worker: program, most } = form.dataset;
const worker = new Worker(program, { type: "module" });
let isReady = false;

const tell = (text) => { status.textContent = text; };

function offer(name, content, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = link.textContent = name;
  const item = document.createElement("li");
  item.append(link);
  at("kept").append(item);
}

function show({ error, note, name, content, kits }) {
  tell(error ?? status.dataset.done);
  if (error) return;
  if (note) {
    at("note").textContent = note;
    offer(name, content, "application/octet-stream");
  }
  for (const [file, text] of Object.entries(kits ?? {})) offer(file, text, "application/json");
  result.hidden = false;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  result.hidden = true;
  for (const link of at("kept").querySelectorAll("a")) URL.revokeObjectURL(link.href);
  at("kept").replaceChildren();
  const { round, kit, file, discipline } = form.elements;
  const [buyers] = file?.files ?? [];
  if (buyers && buyers.size > Number(most)) return tell(status.dataset.large);
  tell(isReady ? status.dataset.working : status.dataset.loading);
  worker.postMessage({
    task,
    file: buyers,
    round: await round.files[0].text(),
    kit: await kit?.files[0].text(),
    discipline: discipline?.value,
    lang: document.documentElement.lang,
  });
});

worker.addEventListener("message", ({ data }) => {
  if (data.stage === "done") show(data.outcome);
  else if (data.stage === "failed") tell(status.dataset.failed);
  else {
    isReady = true;
    if (status.textContent) tell(status.dataset.working);
  }
});
worker.addEventListener("error", () => tell(status.dataset.failed));
