// Cleans files by parvis's own Python (Pyodide). It only loads its programs; it sends nothing.
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

self.addEventListener("message", async ({ data: { file, today, lang } }) => {
  try {
    const python = await loading;
    const path = `/file/${file.name.replaceAll(/[/\0]/g, "_")}`;
    python.FS.writeFile(path, new Uint8Array(await file.arrayBuffer()));
    try {
      const { clean_in_browser } = python.pyimport("parvis.mapping.screening.browser_cleaning");
      const outcome = clean_in_browser(path, today, lang).toJs({ dict_converter: Object.fromEntries });
      if (outcome.path) {
        outcome.content = python.FS.readFile(outcome.path);
        python.FS.unlink(outcome.path);
      }
      postMessage({ stage: "done", outcome });
    } finally {
      python.FS.unlink(path);
    }
  } catch {
    postMessage({ stage: "failed" });
  }
});
