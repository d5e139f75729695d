// A chart of the rows of the page's table, as a Vega-Lite specification has it; it can be kept.

const PALETTES = {
  light: ["#1d6b5f", "#a34a24", "#4a6fa5", "#8a6d00", "#7d3c78", "#5b6164", "#4b7f2a", "#b0486b", "#2b3a67", "#c98a5b", "#3f9aa8", "#9a8fc2"],
  dark: ["#8fd0c0", "#eba27a", "#9db8ea", "#e0c068", "#d6a3d2", "#a5aaa8", "#a9d68a", "#f0a0b8", "#c3cdf5", "#f5cba7", "#7fd3e0", "#cbc2f0"],
};

/** The channels that have an axis, a legend or a heading. */
const TITLED = ["x", "y", "theta", "color", "fill", "stroke", "shape", "size", "opacity", "strokeDash", "angle", "row", "column", "facet"];

/** The columns of the table: their names in the query, and what the page calls them. */
function columns(table) {
  return [...table.tHead.rows[0].cells].map((cell) => [cell.dataset.name ?? cell.textContent, cell.textContent]);
}

/** An encoding, its axes and legends called as the page calls their columns. */
function addTitles(encoding, headings) {
  for (const channel of TITLED) {
    const definition = encoding[channel];
    const names = [definition, encoding[`${channel}2`]].map((end) => headings.get(end?.field)).filter(Boolean);
    if (definition && names.length && !["title", "aggregate", "bin", "timeUnit"].some((name) => name in definition)) definition.title = names.join(", ");
  }
  return encoding;
}

/** The rows of the table, numbers as numbers. */
function rows(table) {
  const names = columns(table).map(([name]) => name);
  return [...table.tBodies[0].rows].map((row) => Object.fromEntries([...row.cells].map((cell, at) => {
    const text = cell.dataset.value ?? cell.textContent.trim();
    return [names[at], cell.classList.contains("number") ? Number(text) : text];
  })));
}

/** The colours of the page as it is read now; names take a third of its width at most, half of a phone's. */
function look(dark, width) {
  const style = getComputedStyle(document.documentElement);
  const [paper, ink, quiet, line, copper, font] = ["--paper", "--ink", "--quiet", "--line", "--copper", "--sans"].map((name) => style.getPropertyValue(name).trim());
  const words = { labelColor: ink, titleColor: quiet, titleFontWeight: 400, labelFontSize: 12, titleFontSize: 12 };
  const names = Math.round(width * (width < 500 ? .5 : .34));
  return {
    background: paper, font, view: { stroke: null, discreteHeight: { step: 28 } },
    mark: { color: copper }, rule: { color: copper },
    axis: { ...words, gridColor: line, domainColor: line, tickColor: line, labelLimit: names },
    axisQuantitative: { tickCount: Math.ceil(width / 110) }, axisTemporal: { tickCount: Math.ceil(width / 110) },
    legend: { ...words, orient: "bottom", columns: Math.max(1, Math.floor((width - names) / 150)), labelLimit: Math.min(260, width - names - 40), symbolStrokeWidth: 2 },
    range: { category: PALETTES[dark ? "dark" : "light"] }, line: { strokeWidth: 2 }, point: { filled: true, size: 45 },
  };
}

/** How numbers and dates are written in the page's language. */
function writing(lang) {
  const parts = new Intl.NumberFormat(lang).formatToParts(1234567.8);
  const part = (type) => parts.find((candidate) => candidate.type === type).value;
  const names = (options, count, at) => Array.from({ length: count }, (_, index) => new Intl.DateTimeFormat(lang, { ...options, timeZone: "UTC" }).format(Date.UTC(...at(index))));
  const day = (index) => [2023, 0, 1 + index], month = (index) => [2023, index, 1];
  return {
    number: { decimal: part("decimal"), thousands: part("group"), grouping: [3], currency: ["", "\u00a0$"] },
    time: {
      dateTime: "%A %e %B %Y %X", date: "%Y-%m-%d", time: "%H:%M:%S", periods: ["AM", "PM"],
      days: names({ weekday: "long" }, 7, day), shortDays: names({ weekday: "short" }, 7, day),
      months: names({ month: "long" }, 12, month), shortMonths: names({ month: "short" }, 12, month),
    },
  };
}

function keep(figure, name, file) {
  const place = document.createElement("p");
  place.className = "forms";
  const word = document.createElement("span");
  word.textContent = name;
  place.append(word);
  for (const kind of ["svg", "png"]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = kind.toUpperCase();
    button.addEventListener("click", async () => {
      const link = document.createElement("a");
      link.href = await file.view.toImageURL(kind, 2);
      link.download = `${figure.dataset.file}.${kind}`;
      link.click();
    });
    place.append(button);
  }
  figure.append(place);
}

async function chart(figure) {
  const words = figure.dataset;
  const { compile, expressionInterpreter, logger, parse, View } = await import(words.chart);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const table = document.querySelector(".table table");
  const values = rows(table);
  const headings = new Map(columns(table));
  const reviver = (name, part) => (name === "encoding" ? addTitles(part, headings) : part);
  const place = document.createElement("div");
  place.className = "chart";
  const drawn = {};
  const draw = async () => {
    drawn.view?.finalize();
    const specification = { width: "container", autosize: { type: "fit-x", contains: "padding" }, ...JSON.parse(words.spec, reviver) };
    const { spec } = compile({ ...specification, data: { values } }, {
      config: look(dark.matches, place.clientWidth), logger: logger(1), // its errors alone
    });
    drawn.view = new View(parse(spec, {}, { ast: true }), {
      container: place, renderer: "svg", hover: true, expr: expressionInterpreter, locale: writing(words.lang),
    });
    await drawn.view.runAsync();
    const picture = place.querySelector("svg");
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", words.label);
    picture.removeAttribute("aria-roledescription");
  };
  figure.querySelector("svg")?.remove();
  figure.prepend(place);
  figure.hidden = false;
  await draw();
  dark.addEventListener("change", draw);
  keep(figure, words.keep, drawn);
}

document.querySelectorAll("[data-chart]").forEach(chart);
