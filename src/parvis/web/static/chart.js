// Charts: the specification of a figure drawn by Vega-Lite in place of the server's drawing, with
// tooltips, a legend that hides series, and files.

const COLOURS = 12;

/** A CSS variable of the page as it is read now. */
function variable(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** A specification with the page's colours: “var(--name)” becomes what it is. */
function coloured(part) {
  if (Array.isArray(part)) return part.map(coloured);
  if (part && typeof part === "object") return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, coloured(value)]));
  const name = typeof part === "string" && part.match(/^var\((--[\w-]+)\)$/);
  return name ? variable(name[1]) : part;
}

/** The colours of the page; names take a third of its width at most, half of a phone's. */
function look(width) {
  const [paper, ink, quiet, line, font] = ["--paper", "--ink", "--quiet", "--line", "--sans"].map(variable);
  const category = Array.from({ length: COLOURS }, (_, at) => variable(`--series-${at + 1}`));
  const words = { labelColor: ink, titleColor: quiet, titleFontWeight: 400, labelFontSize: 12, titleFontSize: 12 };
  const names = Math.round(width * (width < 500 ? .5 : .34));
  return {
    background: paper, font, view: { stroke: null, discreteHeight: { step: 28 } },
    mark: { color: category[0] }, rule: { color: category[0] }, text: { fontSize: 12 },
    axis: { ...words, gridColor: line, domainColor: line, tickColor: line, labelLimit: names },
    axisQuantitative: { tickCount: Math.ceil(width / 110) }, axisTemporal: { tickCount: Math.ceil(width / 110) },
    legend: { ...words, orient: "bottom", columns: Math.max(1, Math.floor((width - names) / 150)), labelLimit: Math.min(260, width - names - 40), symbolStrokeWidth: 2 },
    title: { color: ink, font, fontSize: 15, anchor: "start", subtitleColor: quiet, subtitleFont: font, subtitleFontSize: 11 },
    range: { category }, line: { strokeWidth: 2 }, point: { filled: true, size: 45 },
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

/** The first encoding of a colour by names. */
function colourOf(part) {
  if (!part || typeof part !== "object") return null;
  if (part.color?.field && part.color.type === "nominal") return part.color;
  for (const member of Object.values(part)) {
    const colour = colourOf(member);
    if (colour) return colour;
  }
  return null;
}

/** Show what a mark says beside the pointer, in words of the page. */
function tooltip(place) {
  return (handler, event, item, value) => {
    place.querySelector(".chart-tooltip")?.remove();
    if (!value) return;
    const note = document.createElement("div");
    note.className = "chart-tooltip";
    const lines = typeof value === "object" ? Object.entries(value) : [["", value]];
    for (const [name, text] of lines) {
      const line = document.createElement("p");
      line.textContent = name.trim() ? `${text} ${name}`.trim() : text;
      note.append(line);
    }
    const box = place.getBoundingClientRect();
    const left = event.clientX - box.left;
    place.append(note);
    note.style.left = `${Math.max(0, Math.min(left + 12, box.width - note.offsetWidth))}px`;
    note.style.top = `${event.clientY - box.top + 16}px`;
  };
}

/** Make a legend's names buttons that hide their series, or write the legend of a colour. */
function legend(figure, names, hidden, draw) {
  let list = figure.querySelector(".chart-legend");
  if (!list) {
    list = document.createElement("ul");
    list.className = "chart-legend";
    names.forEach((name, at) => {
      const entry = document.createElement("li");
      entry.dataset.series = name;
      const swatch = document.createElement("span");
      swatch.className = `chart-swatch series-${at % COLOURS + 1}`;
      entry.append(swatch, name);
      list.append(entry);
    });
    figure.querySelector(".chart-title").after(list);
  }
  list.setAttribute("aria-label", figure.dataset.legend);
  for (const entry of list.children) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "second";
    button.setAttribute("aria-pressed", "true");
    button.append(...entry.childNodes);
    entry.append(button);
    button.addEventListener("click", () => {
      const name = entry.dataset.series;
      // A chart that shows nothing says nothing: the last series stays.
      if (!hidden.has(name) && hidden.size + 1 >= names.length) return;
      hidden.has(name) ? hidden.delete(name) : hidden.add(name);
      button.setAttribute("aria-pressed", String(!hidden.has(name)));
      draw();
    });
  }
}

function offer(figure, kind, make) {
  let place = figure.querySelector(".chart-files");
  if (!place) {
    place = document.createElement("p");
    place.className = "chart-files";
    const word = document.createElement("span");
    word.textContent = figure.dataset.keep;
    place.append(word);
    figure.append(place);
  }
  const button = document.createElement("button");
  button.type = "button";
  button.className = "second";
  button.textContent = kind.toUpperCase();
  button.addEventListener("click", async () => {
    const link = document.createElement("a");
    link.href = await make();
    link.download = `${figure.id || figure.dataset.file}.${kind}`;
    link.click();
    if (link.href.startsWith("blob:")) setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
  place.append(button);
}

/** A table as CSV (RFC 4180): numbers as numbers, the words of suppressed figures as they stand. */
function csv(table) {
  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = [...table.rows].map((row) => [...row.cells].map((cell) => quoted(cell.dataset.value ?? cell.textContent.trim())).join(","));
  return URL.createObjectURL(new Blob(["\ufeff", lines.join("\r\n"), "\r\n"], { type: "text/csv" }));
}

/** The server's drawing as a file of its own: the styles of the page are written into it. */
function alone(figure) {
  const drawing = figure.querySelector(".chart-drawing");
  const copy = drawing.cloneNode(true);
  const shapes = [...drawing.querySelectorAll("*")];
  [...copy.querySelectorAll("*")].forEach((shape, at) => {
    const style = getComputedStyle(shapes[at]);
    const fill = shape.getAttribute("fill") ?? style.fill;
    for (const [name, value] of Object.entries({ fill, stroke: style.stroke, "stroke-width": style.strokeWidth, "stroke-dasharray": style.strokeDasharray, "font-size": style.fontSize, "font-family": style.fontFamily, "text-anchor": style.textAnchor, "vector-effect": style.vectorEffect })) {
      if (value && value !== "none" || name === "fill") shape.setAttribute(name, value);
    }
    shape.removeAttribute("class");
  });
  const { width, height } = drawing.viewBox.baseVal;
  const ratio = Math.max(1, 720 / width);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", width * (width > 2000 ? .3 : ratio));
  copy.setAttribute("height", height * (width > 2000 ? .3 : ratio));
  return new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" });
}

/** The server's drawing as a picture: shape by shape, since no policy of the page lets an image be made of it. */
function raster(figure) {
  const drawing = figure.querySelector(".chart-drawing");
  const { width, height } = drawing.viewBox.baseVal;
  const scale = 1440 / width;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [1440, Math.round(height * scale)];
  const context = canvas.getContext("2d");
  context.fillStyle = variable("--paper");
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.scale(scale, scale);
  const number = (shape, name) => Number(shape.getAttribute(name) ?? 0);
  for (const shape of drawing.querySelectorAll("rect, path, circle, text")) {
    if (shape.closest("defs")) continue;
    const style = getComputedStyle(shape);
    const outline = new Path2D(shape.localName === "path" ? shape.getAttribute("d") : "");
    if (shape.localName === "rect") outline.rect(...["x", "y", "width", "height"].map((name) => number(shape, name)));
    if (shape.localName === "circle") outline.arc(number(shape, "cx"), number(shape, "cy"), number(shape, "r"), 0, 7);
    const hatched = style.fill.startsWith("url");
    context.globalAlpha = hatched ? .25 : Number(style.fillOpacity);
    context.fillStyle = hatched ? style.stroke : style.fill;
    if (shape.localName === "text") {
      context.font = `${style.fontSize} ${style.fontFamily}`;
      context.textAlign = style.textAnchor === "middle" ? "center" : style.textAnchor;
      context.fillText(shape.textContent, number(shape, "x"), number(shape, "y"));
    } else if (style.fill !== "none") context.fill(outline, "evenodd");
    context.globalAlpha = 1;
    context.setLineDash(style.strokeDasharray === "none" ? [] : style.strokeDasharray.split(",").map((dash) => parseFloat(dash) * width / 360));
    context.strokeStyle = style.stroke;
    context.lineWidth = parseFloat(style.strokeWidth) * width / 720;
    if (style.stroke !== "none" && shape.localName !== "text") context.stroke(outline);
  }
  return canvas.toDataURL("image/png");
}

/** The element that a chart is drawn into: in place of the server's drawing, as high as it was. */
function placeOf(figure) {
  const place = document.createElement("div");
  place.className = "chart chart-place";
  const before = figure.querySelector(".chart-place, :scope > svg");
  place.style.minHeight = `${before.getBoundingClientRect().height}px`;
  before.replaceWith(place);
  return place;
}

/** A function that draws a figure, anew when it is called again, and one that makes a file of it. */
function painter(figure, specification, hidden) {
  const words = figure.dataset;
  const table = figure.querySelector("table") ?? document.querySelector(".table table");
  const values = specification.data.values;
  const title = figure.querySelector(".chart-title");
  const colour = colourOf(specification);
  const names = colour ? colour.scale?.domain ?? [...new Set(values.map((row) => row[colour.field]))] : [];
  const legendInside = specification.usermeta?.legend === "inside";
  let place, drawn;
  /** A view: on the page, or with a title, a legend and the source, for a file. */
  const view = async (options) => {
    const { compile, expressionInterpreter, logger, parse, View } = await import(words.chart);
    place ??= placeOf(figure);
    const width = options.container ? "container" : Math.max(place.clientWidth, 480);
    const parts = coloured({ width, autosize: { type: "fit-x", contains: "padding" }, ...specification });
    const hue = colourOf(parts);
    if (hue) {
      hue.scale = { domain: names, ...hue.scale };
      if (options.container && !legendInside) hue.legend = null;
    }
    if (!options.container) {
      const source = figure.querySelector(".chart-source")?.textContent.trim() ?? location.href;
      parts.title = { text: title.textContent.trim(), subtitle: source };
    }
    const shown = colour ? values.filter((row) => !hidden.has(row[colour.field])) : values;
    const { spec } = compile({ ...parts, data: { values: shown } }, { config: look(place.clientWidth), logger: logger(1) }); // its errors alone
    return new View(parse(spec, {}, { ast: true }), {
      renderer: options.container ? "svg" : "none", hover: Boolean(options.container), expr: expressionInterpreter, locale: writing(words.lang), ...options,
    }).runAsync();
  };
  const paint = async () => {
    place ??= placeOf(figure);
    drawn?.finalize();
    drawn = await view({ container: place, tooltip: tooltip(place) });
    const picture = place.querySelector("svg");
    picture.setAttribute("role", "img");
    picture.removeAttribute("aria-roledescription");
    if (title.id) {
      picture.setAttribute("aria-labelledby", title.id);
      picture.setAttribute("aria-describedby", `${figure.id}-description`);
    } else picture.setAttribute("aria-label", words.label);
  };
  const file = async (kind) => (await view({})).toImageURL(kind, 2);
  return { paint, file, table, names: legendInside ? [] : names };
}

/** Give a figure its legend and its files, and draw it: at once, or when it is first used. */
function prepare(figure) {
  const specification = JSON.parse(figure.dataset.spec);
  const hidden = new Set();
  const { paint, file, table, names } = painter(figure, specification, hidden);
  let painted;
  const once = () => (painted ??= paint());
  const again = async () => {
    await once();
    await paint();
  };
  if (names.length > 1) legend(figure, names, hidden, again);
  for (const kind of ["svg", "png"]) offer(figure, kind, () => file(kind));
  if (table) offer(figure, "csv", () => csv(table));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => painted && again());
  // The server's drawing says the same: the library, which is large, is loaded by who uses it.
  for (const type of ["pointerenter", "focusin"]) figure.addEventListener(type, once, { once: true });
}

/** A map stays as the server drew it: its regions are links. */
function keepDrawing(figure) {
  offer(figure, "svg", () => URL.createObjectURL(alone(figure)));
  offer(figure, "png", () => raster(figure));
  const table = figure.querySelector("table");
  if (table) offer(figure, "csv", () => csv(table));
}

for (const figure of document.querySelectorAll("[data-chart]")) {
  if (figure.dataset.spec) prepare(figure);
  else keepDrawing(figure);
}
