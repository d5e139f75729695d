// An answer in several forms: tabs, a filter by a click on a cell, a pivot table of the rows shown.
const answer = document.querySelector("[data-tabs]");
const { lang } = document.documentElement;
const table = answer.querySelector("#view-table table");

/** One tab for each form; its script is loaded when it is first shown. */
function makeTabs(views) {
  const list = document.createElement("div");
  list.className = "views";
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", answer.dataset.tabs);
  const tabs = views.map((view) => {
    const tab = document.createElement("button");
    Object.assign(tab, { type: "button", id: `tab-${view.id}`, textContent: view.dataset.view });
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", view.id);
    view.setAttribute("role", "tabpanel");
    view.setAttribute("aria-labelledby", tab.id);
    list.append(tab);
    return tab;
  });
  const show = (at) => {
    views.forEach((view, other) => {
      view.hidden = other !== at;
      tabs[other].setAttribute("aria-selected", String(other === at));
      tabs[other].tabIndex = other === at ? 0 : -1;
    });
    const view = views[at];
    if (view.dataset.script) import(view.dataset.script);
    history.replaceState(null, "", at ? `#${view.id}` : location.pathname + location.search);
  };
  tabs.forEach((tab, at) => {
    tab.addEventListener("click", () => show(at));
    tab.addEventListener("keydown", ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (!step) return;
      const to = (at + step + tabs.length) % tabs.length;
      show(to);
      tabs[to].focus();
    });
  });
  views[0].before(list);
  show(Math.max(0, views.findIndex((view) => `#${view.id}` === location.hash)));
}

/** A click on a cell fills in the filter, which the server adds to the query. */
function filterByCells(form) {
  const { column, value, iri } = form.elements;
  value.addEventListener("input", () => { iri.value = ""; });
  table.tBodies[0].classList.add("choosable");
  table.tBodies[0].addEventListener("click", ({ target }) => {
    const cell = target.closest("td");
    const text = cell?.dataset.value ?? cell?.textContent.trim();
    if (!text || target.closest("a") || text.length >= value.maxLength) return;
    column.selectedIndex = cell.cellIndex;
    value.value = text;
    iri.value = cell.dataset.iri ?? "";
    table.querySelector(".chosen")?.classList.remove("chosen");
    cell.classList.add("chosen");
    form.closest("details").open = true;
    form.querySelector("button").focus();
  });
}

/** The rows of the table, counted or computed by the values of one column and those of another. */
function pivot(view) {
  const [byRow, byColumn, ofValue, how] = view.querySelectorAll("select");
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => ({
    text: cell.textContent.trim(),
    number: cell.classList.contains("number") ? Number(cell.dataset.value ?? cell.textContent) : NaN,
  })));
  const isNumber = heads.map((_, at) => rows.every((row) => !Number.isNaN(row[at].number)));
  const options = (select, places) => select.append(...places.map((at) => new Option(heads[at], at)));
  const all = heads.map((_, at) => at), names = all.filter((at) => !isNumber[at]);
  options(byRow, all);
  options(byColumn, all);
  options(ofValue, all.filter((at) => isNumber[at]));
  byRow.value = names[0] ?? 0;
  if (names[1] !== undefined && new Set(rows.map((row) => row[names[1]].text)).size <= 12) byColumn.value = names[1];
  if (ofValue.options.length > 1) ofValue.selectedIndex = ofValue.options.length - 1;
  const compute = {
    sum: (numbers) => numbers.reduce((sum, number) => sum + number, 0),
    mean: (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length,
    least: (numbers) => Math.min(...numbers), greatest: (numbers) => Math.max(...numbers),
  };
  const cell = (kind, text, scope, isFigure = !scope) => {
    const made = document.createElement(kind);
    made.textContent = text;
    if (scope) made.scope = scope;
    if (isFigure) made.className = kind === "td" ? "typed number" : "number";
    return made;
  };
  const draw = () => {
    how.disabled = ofValue.value === "";
    const groups = new Map(), columns = new Map();
    for (const row of rows) {
      const name = row[byRow.value].text, column = byColumn.value === "" ? "" : row[byColumn.value].text;
      const values = groups.get(name) ?? groups.set(name, new Map()).get(name);
      columns.set(column, true);
      values.set(column, [...(values.get(column) ?? []), ofValue.value === "" ? 1 : row[ofValue.value].number]);
    }
    const write = (numbers) => (numbers ? compute[ofValue.value === "" ? "sum" : how.value](numbers).toLocaleString(`${lang}-CA`, { maximumFractionDigits: 2 }) : "");
    const words = view.querySelector("form").dataset;
    const shown = [...columns.keys()].sort(new Intl.Collator(lang, { numeric: true }).compare).slice(0, 40);
    const drawn = document.createElement("table");
    drawn.createCaption().textContent = words.caption;
    const head = drawn.createTHead().insertRow();
    head.append(cell("th", heads[byRow.value], "col"), ...shown.filter(Boolean).map((name) => cell("th", name, "col", true)), cell("th", words.total, "col", true));
    const body = drawn.createTBody();
    for (const [name, values] of groups) {
      const row = body.insertRow();
      row.append(cell("th", name, "row"), ...shown.filter(Boolean).map((column) => cell("td", write(values.get(column)))), cell("td", write([...values.values()].flat())));
    }
    view.querySelector(".table").replaceChildren(drawn);
  };
  view.addEventListener("change", draw);
  draw();
}

if (table) {
  const view = answer.querySelector("[data-pivot]");
  if (view) pivot(view);
  const form = answer.querySelector(".narrow form");
  if (form) filterByCells(form);
}
const views = [...answer.querySelectorAll("[data-view]")];
if (views.length > 1) makeTabs(views);
