// Cleans files, counts their people and draws kits, by parvis's own Python (Pyodide). It only loads
// its programs; it sends nothing.
import { loadPyodide } from "./pyodide.mjs";

const BESIDE = new URL("./", self.location);

async function load() {
  const [python, archive] = await Promise.all([
    loadPyodide({ indexURL: BESIDE.href }),
    fetch(new URL("parvis.zip", BESIDE)),
  ]);
  if (!archive.ok) throw new Error(archive.statusText);
  python.unpackArchive(await archive.arrayBuffer(), "zip", { extractDir: "/parvis" });
  python.FS.mkdirTree("/file");
  python.runPython("import sys; sys.path.insert(0, '/parvis')");
  return python;
}

const loading = load();
loading.then(() => postMessage({ stage: "ready" }), () => postMessage({ stage: "failed" }));

const plain = (result) => result.toJs({ dict_converter: Object.fromEntries });

const DISTINCT = "parvis.statistics.distinct.browser_sketching";
const TASKS = {
  clean: (python, path, { today, lang }) =>
    python.pyimport("parvis.mapping.screening.browser_cleaning").clean_in_browser(path, today, lang),
  sketch: (python, path, { round, kit, discipline, lang }) =>
    python.pyimport(DISTINCT).sketch_in_browser(path, round, kit, discipline, lang),
  draw: (python, path, { round, lang }) => python.pyimport(DISTINCT).draw_in_browser(round, lang),
};

self.addEventListener("message", async ({ data: { task, file, ...details } }) => {
  try {
    const python = await loading;
    const path = file && `/file/${file.name.replaceAll(/[/\0]/g, "_")}`;
    if (path) python.FS.writeFile(path, new Uint8Array(await file.arrayBuffer()));
    try {
      const outcome = plain(TASKS[task](python, path, details));
      if (outcome.path) {
        outcome.content = python.FS.readFile(outcome.path);
        python.FS.unlink(outcome.path);
      }
      postMessage({ stage: "done", outcome });
    } finally {
      if (path) python.FS.unlink(path);
    }
  } catch {
    postMessage({ stage: "failed" });
  }
});
