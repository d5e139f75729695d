// What fits at the cursor of a query: classes after `a`, a class's properties after its subject, prefixes.

const TOKEN = /(?<comment>#[^\n]*)|(?<text>"""[^]*?"""|'''[^]*?'''|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?)|(?<iri><[^<>"{}|^`\\\s]*>)|(?<variable>[?$][\p{L}\p{N}_]+)|(?<name>(?:[\p{L}_][\p{L}\p{N}_.-]*)?:[\p{L}\p{N}_:.-]*[\p{L}\p{N}_:-]|(?:[\p{L}][\p{L}\p{N}_-]*)?:)|(?<tag>@[A-Za-z-]+|\^\^)|(?<word>[\p{L}_][\p{L}\p{N}_-]*)|(?<number>[+-]?[\d.]*\d)|(?<sign>\S)/gu;
const TYPES = ["a", "rdf:type", "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"];
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Read triples as they are written: where a text ends, and the classes of each subject. */
export function read(text) {
  const types = new Map();
  let state = { place: "none" };
  let blank = 0;
  const stack = [];
  const next = (place) => { state.place = place; };
  const term = (value) => {
    if (state.place === "subject") { state.subject = value; next("property"); }
    else if (state.place === "property") { state.property = value; next("value"); }
    else if (state.place === "value") {
      if (TYPES.includes(state.property)) types.set(state.subject, [...(types.get(state.subject) ?? []), value]);
      next("end");
    } else if (state.place === "graph") next("none");
  };
  for (const { groups, 0: token } of text.matchAll(TOKEN)) {
    if (groups.comment || groups.tag) continue;
    if (state.place === "prefix") { if (groups.iri) next("none"); continue; }
    if (token === "{") { stack.push(state); state = { place: "subject" }; continue; }
    if (token === "(" || token === "[") {
      stack.push(state);
      if (token === "[") state = { place: "property", subject: `[${blank += 1}` };
      else state = state.place === "property" ? { place: "property", subject: "path" } : { place: "none" };
      continue;
    }
    if (token === "}" || token === ")" || token === "]") {
      const inner = state;
      state = stack.pop() ?? { place: "none" };
      if (token === "}") next(stack.length ? "subject" : "none");
      else if (token === "]") term(inner.subject);
      else if (state.place === "property") term("path");
      continue;
    }
    if (groups.word && token !== "a") {
      const keyword = token.toUpperCase();
      if (keyword === "PREFIX") next("prefix");
      else if (keyword === "GRAPH" || keyword === "SERVICE") next("graph");
      else if (["FILTER", "OPTIONAL", "MINUS", "UNION", "BIND", "VALUES"].includes(keyword) && stack.length) next("subject");
      continue;
    }
    if (state.place === "none" && !stack.length) continue;
    if (token === ".") next(state.place === "none" ? "none" : "subject");
    else if (token === ";") next("property");
    else if (token === ",") next("value");
    else if ("/|".includes(token) && state.place === "value") { state.subject = "path"; next("property"); }
    else if (!"^*+?!=<>&-".includes(token)) term(token);
  }
  return { ...state, types };
}

/** Terms whose name or label holds the word: those that begin with it first, then as they are ranked. */
function matching(terms, word) {
  if (!word) return terms;
  const folded = plain(word);
  const rank = ({ name, label }) => Math.min(...[name.split(/[:/]/).pop(), name, label]
    .map((text) => plain(text).indexOf(folded)).map((at) => (at < 0 ? Infinity : at && 1)));
  return terms.map((term) => [rank(term), term]).filter(([at]) => at < Infinity)
    .sort(([a], [b]) => a - b).map(([, term]) => term);
}

/** The word before the cursor, and where it begins; none in a text, a comment or a variable. */
export function typed(editor) {
  const cursor = editor.getDoc().getCursor();
  const before = editor.getDoc().getLine(cursor.line).slice(0, cursor.ch);
  const word = before.match(/(?:^|[^?$@"'<\p{L}\p{N}_:-])([\p{L}][\p{L}\p{N}_'’-]*(?::[\p{L}\p{N}_-]*)?)$/u)?.[1] ?? "";
  return { word, before, from: { line: cursor.line, ch: cursor.ch - word.length }, to: cursor };
}

/** The terms that the server proposes, as objects; a concept is written with its whole address. */
export function prepare(data) {
  const named = ([name, label, count]) => ({ name, label: label || name, count });
  const properties = data.properties.map(named);
  const base = data.prefixes.concept;
  return {
    prefixes: data.prefixes,
    classes: data.classes.map(named),
    properties,
    ofClass: new Map(Object.entries(data.of_class).map(([name, places]) => [name, places.map((place) => properties[place])])),
    concepts: data.concepts.map(([path, label]) => ({ name: `<${base}${path}>`, label, count: 0 })),
  };
}

/** A term as the server names it, whether a query has its address or its prefix. */
export function shorten(term, prefixes) {
  const iri = term.match(/^<(.*)>$/)?.[1];
  const [prefix, space] = Object.entries(prefixes).find(([, address]) => iri?.startsWith(address)) ?? [];
  return prefix ? `${prefix}:${iri.slice(space.length)}` : term;
}

/** What may be written at the cursor, the best first. */
export function propose(editor, terms) {
  const { word, from } = typed(editor);
  const doc = editor.getDoc();
  const { place, subject, property } = read(doc.getRange({ line: 0, ch: 0 }, from));
  const everything = () => matching([...terms.classes, ...terms.properties, ...terms.concepts], word);
  if (place === "prefix") {
    return matching(Object.entries(terms.prefixes).map(([name, address]) => ({ name: `${name}: <${address}>`, label: name, count: 0 })), word);
  }
  if (place === "value" && TYPES.includes(property)) {
    const classes = matching(terms.classes, word);
    return classes.length || !word ? classes : everything();
  }
  if (place === "property") {
    const { types } = read(doc.getValue());
    const known = (types.get(subject) ?? []).flatMap((type) => terms.ofClass.get(shorten(type, terms.prefixes)) ?? []);
    const properties = matching([...new Set(known)], word);
    if (properties.length) return properties;
    const others = matching(terms.properties, word);
    return others.length || !word ? others : everything();
  }
  return word.length > 2 ? everything() : [];
}

/** Whether to propose without being told to: at once after `a`, from the first letter where few terms fit. */
export function isPlace(editor) {
  const { word, before, from } = typed(editor);
  if (/^(comment|string)/.test(editor.getTokenAt(editor.getDoc().getCursor()).type ?? "") || /[?$@"'<][\p{L}\p{N}_]*$/u.test(before)) return false;
  if (word.length > 2) return true;
  const { place, property } = read(editor.getDoc().getRange({ line: 0, ch: 0 }, from));
  if (place === "value" && TYPES.includes(property)) return word !== "" || /\sa\s$/.test(before);
  return word !== "" && (place === "property" || place === "prefix");
}

/** The completer of the editor; `force` proposes wherever the cursor is, as the keys ask for. */
export function makeCompleter(terms, lang) {
  const asked = { now: false };
  let matches = [];
  return {
    force: (editor) => { asked.now = true; editor.autocomplete(); },
    name: "parvis", bulk: false, autoShow: true,
    isValidCompletionPosition: (editor) => { const now = asked.now; asked.now = false; return now || isPlace(editor); },
    preProcessToken: (editor, token) => ({ ...token, ...typed(editor), autocompletionString: typed(editor).word }),
    get: (editor, token) => {
      matches = token ? propose(editor, terms).slice(0, 60) : [];
      return matches.map((term) => term.name);
    },
    postprocessHints: (_, hints) => hints.map((hint, at) => {
      const { label, count } = matches[at];
      return { ...hint, displayText: `${hint.text} · ${label}${count ? ` (${count.toLocaleString(lang)})` : ""}` };
    }),
  };
}
