// The SPARQL workbench with scripts: an editor in place of the plain field, the history, the time.
const field = document.querySelector("textarea[data-completions]");
const words = field.dataset;
const HISTORY = "parvis.queries", MOST = 30, LONGEST = 8000;

/** The label of the term under the pointer. */
function showLabels(editor, terms, shorten) {
  const labels = new Map([...terms.classes, ...terms.properties, ...terms.concepts].map(({ name, label }) => [name, label]));
  const wrapper = editor.getWrapperElement();
  wrapper.addEventListener("mousemove", (event) => {
    const { line, ch } = editor.coordsChar({ left: event.clientX, top: event.clientY }, "window");
    const text = editor.getDoc().getLine(line) ?? "";
    const names = [...text.matchAll(/<[^<>\s]*>|[\p{L}][\p{L}\p{N}_-]*:[\p{L}\p{N}_-]+/gu)];
    const name = names.find((match) => match.index <= ch && ch < match.index + match[0].length)?.[0] ?? "";
    wrapper.title = labels.get(name) ?? labels.get(shorten(name, terms.prefixes)) ?? "";
  });
}

/** The editor's own mark of a wrong line, in the language of the page. */
function translateMarks(editor) {
  for (let line = 0; line < editor.getDoc().lineCount(); line += 1) {
    const mark = editor.lineInfo(line).gutterMarkers?.gutterErrorBar;
    if (!mark || mark.title) continue;
    const translated = mark.cloneNode(true);
    translated.title = words.invalid;
    editor.setGutterMarker(line, "gutterErrorBar", translated);
  }
}

/** The line that the server found wrong, until the query is changed. */
function markError(editor) {
  if (!words.line) return;
  const line = words.line - 1, ch = words.column - 1;
  const end = ch + Math.max(1, editor.getDoc().getLine(line)?.slice(ch).match(/^[\p{L}\p{N}_?$:@-]+/u)?.[0].length ?? 1);
  editor.addLineClass(line, "background", "wrong");
  const mark = editor.getDoc().markText({ line, ch }, { line, ch: end }, { className: "wrong-word" });
  editor.getDoc().setCursor({ line, ch });
  const clear = () => { editor.removeLineClass(line, "background", "wrong"); mark.clear(); editor.off("change", clear); };
  editor.on("change", clear);
}

async function edit() {
  const [{ default: Yasqe }, completion, data] = await Promise.all([
    import(words.editor), import(words.complete), fetch(words.completions).then((answer) => (answer.ok ? answer.json() : null)),
  ]);
  const terms = completion.prepare(data ?? { prefixes: {}, classes: [], properties: [], of_class: {}, concepts: [] });
  const completer = completion.makeCompleter(terms, words.lang);
  Yasqe.registerAutocompleter(completer, true);
  const place = document.createElement("div");
  place.className = "editor";
  field.before(place);
  const editor = new Yasqe(place, {
    value: field.value, showQueryButton: false, resizeable: false, persistenceId: null,
    createShareableLink: null, consumeShareLink: null, prefixCcApi: null, lineWrapping: true,
    autocompleters: ["parvis", "variables"], screenReaderLabel: words.label, editorHeight: "auto",
    tabindex: 0, viewportMargin: Infinity,
    hintConfig: { closeCharacters: /[>"]/ }, // not at the space after `a`, where classes are proposed
    extraKeys: {
      Tab: false, "Shift-Tab": false, // the keyboard goes on through the page
      "Ctrl-Enter": () => field.form.requestSubmit(), "Cmd-Enter": () => field.form.requestSubmit(),
      "Ctrl-Space": completer.force, "Ctrl-/": (yasqe) => yasqe.commentLines(),
    },
  });
  editor.showNotification = () => {}; // its hint of the keys is in English, whatever the page's language
  const mode = editor.getMode(), begin = mode.startState;
  const prefixes = Object.fromEntries(words.prefixes.split(" ").map((prefix) => [prefix, ""]));
  mode.startState = (...args) => ({ ...begin(...args), prefixes: { ...prefixes } }); // the server declares them
  editor.setValue(field.value);
  field.hidden = true;
  field.required = false;
  document.querySelector("[data-keys]").hidden = false;
  field.labels[0].addEventListener("click", () => editor.focus());
  editor.on("change", () => { field.value = editor.getValue(); });
  editor.on("changes", () => translateMarks(editor)); // after the editor has checked the text
  translateMarks(editor);
  showLabels(editor, terms, completion.shorten);
  markError(editor);
}

function load() {
  try {
    const entries = JSON.parse(localStorage.getItem(HISTORY) ?? "[]");
    return Array.isArray(entries) ? entries.filter(({ search, text }) => typeof search === "string" && typeof text === "string") : [];
  } catch { return []; } // no storage here, or not ours
}

/** The queries that were run in this browser, and stay in it. */
function keepHistory() {
  const place = document.querySelector(".history");
  let entries = load();
  const { search } = location;
  if (place.dataset.run && search.includes("query=") && search.length < LONGEST) {
    const text = field.value.replace(/\s+/g, " ").trim().slice(0, 160);
    entries = [{ search, text, rows: place.dataset.rows, at: new Date().toISOString() }, ...entries.filter((entry) => entry.search !== search)].slice(0, MOST);
    try { localStorage.setItem(HISTORY, JSON.stringify(entries)); } catch { /* full, or not allowed */ }
  }
  place.hidden = !entries.length;
  place.querySelector("ol").replaceChildren(...entries.map((entry) => {
    const item = document.createElement("li"), link = document.createElement("a"), when = document.createElement("span");
    link.href = location.pathname + entry.search;
    link.textContent = entry.text;
    when.className = "small quiet";
    when.textContent = ` ${new Date(entry.at).toLocaleString(`${words.lang}-CA`, { dateStyle: "medium", timeStyle: "short" })}`;
    item.append(link, when);
    return item;
  }));
  place.querySelector("button").onclick = () => { localStorage.removeItem(HISTORY); place.hidden = true; };
}

/** How long the server took to answer, as this browser saw it. */
function timing() {
  const [visit] = performance.getEntriesByType("navigation");
  const place = document.querySelector("[data-took]");
  if (place && visit?.responseStart) {
    const took = Math.max(1, Math.round(visit.responseStart - visit.requestStart));
    place.textContent = place.dataset.took.replace("{ms}", took.toLocaleString(words.lang));
  }
}

timing();
keepHistory();
edit();
