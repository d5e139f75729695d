// The SPARQL page with scripts: an editor in place of the plain form's field, copying, the time.
const field = document.querySelector("textarea[data-terms]");
const words = field.dataset;

/** What is being typed before the cursor: a word, or a name with its prefix. */
function typed(editor) {
  const cursor = editor.getDoc().getCursor();
  const before = editor.getDoc().getLine(cursor.line).slice(0, cursor.ch);
  const word = before.match(/(^|[^?$@"'<\p{L}\p{N}_:-])([\p{L}][\p{L}\p{N}_'’-]*(:[\p{L}\p{N}_-]*)?)$/u)?.[2] ?? "";
  return { word, from: { line: cursor.line, ch: cursor.ch - word.length }, to: cursor };
}

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Terms whose name or label, in either language, holds the word; those that begin with it first, then the short ones. */
function matching(terms, word) {
  const folded = plain(word);
  const rank = (term) => Math.min(...[term.name.split(/[:/]/).pop(), term.name, ...Object.values(term.label)]
    .map((text) => plain(text).indexOf(folded)).map((at) => (at < 0 ? Infinity : at)));
  return terms.map((term) => [rank(term), term]).filter(([at]) => at < Infinity)
    .sort(([rankA, a], [rankB, b]) => rankA - rankB || a.name.length - b.name.length).slice(0, 40).map(([, term]) => term);
}

function completer(terms) {
  let matches = [];
  return {
    name: "parvis", bulk: false, autoShow: true,
    isValidCompletionPosition: (editor) => typed(editor).word.length > 2
      && !/^(comment|string)/.test(editor.getCompleteToken().type ?? ""),
    preProcessToken: (editor, token) => ({ ...token, ...typed(editor), autocompletionString: typed(editor).word }),
    get: (editor, token) => {
      matches = token ? matching(terms, token.autocompletionString) : [];
      return matches.map((term) => term.name);
    },
    postprocessHints: (_, hints) => hints.map((hint, at) => ({
      ...hint, displayText: `${hint.text} · ${matches[at].label[words.lang] ?? Object.values(matches[at].label)[0]}`,
    })),
  };
}

async function edit() {
  const [{ default: Yasqe }, { terms }] = await Promise.all([
    import(words.editor), fetch(words.terms).then((answer) => answer.json()),
  ]);
  Yasqe.registerAutocompleter(completer(terms), true);
  const place = document.createElement("div");
  place.className = "editor";
  field.before(place);
  const editor = new Yasqe(place, {
    value: field.value, showQueryButton: false, resizeable: false, persistenceId: null,
    createShareableLink: null, consumeShareLink: null, prefixCcApi: null, lineWrapping: true,
    autocompleters: ["parvis", "variables"], screenReaderLabel: words.label, editorHeight: "auto",
    tabindex: 0, viewportMargin: Infinity,
    extraKeys: {
      Tab: false, "Shift-Tab": false, // the keyboard goes on through the page
      "Ctrl-Enter": () => field.form.requestSubmit(), "Cmd-Enter": () => field.form.requestSubmit(),
      "Ctrl-Space": (yasqe) => yasqe.autocomplete(), "Ctrl-/": (yasqe) => yasqe.commentLines(),
    },
  });
  editor.showNotification = () => {}; // its hint of the keys is in English, whatever the page's language
  const mode = editor.getMode(), begin = mode.startState;
  const prefixes = Object.fromEntries(words.prefixes.split(" ").map((prefix) => [prefix, ""]));
  mode.startState = (...args) => ({ ...begin(...args), prefixes: { ...prefixes } }); // the server declares them
  editor.setValue(field.value);
  field.hidden = true;
  field.required = false;
  field.labels[0].addEventListener("click", () => editor.focus());
  editor.on("change", () => { field.value = editor.getValue(); });
}

/** Each block of code that a program may begin from can be copied. */
function copying() {
  for (const code of document.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = words.copyWord;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = words.copied;
    });
    code.before(button);
  }
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

copying();
timing();
edit();
