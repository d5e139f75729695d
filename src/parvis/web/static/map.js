// Places on an outline of Québec; each name in the list beside it shows where it is.

/** Draw the outline; the map stays when it cannot be had. */
async function draw(view, geoJSON, address) {
  const outline = await (await fetch(address)).json();
  const style = ({ id }) => ({ className: id === "QC" ? "home" : "around", weight: 1, fillOpacity: 1 });
  for (const home of [false, true]) {
    geoJSON(outline, { filter: ({ id }) => (id === "QC") === home, style, interactive: false }).addTo(view).bringToBack();
  }
}

/** Put an item of the list on the map; its name becomes what shows it there. */
function place(item, radius, view, circleMarker, show) {
  const at = [Number(item.dataset.latitude), Number(item.dataset.longitude)];
  const name = item.querySelector(".name");
  const marker = circleMarker(at, { radius, weight: 1.5, fillOpacity: .9, className: "point" }).addTo(view);
  const label = document.createElement("span");
  label.textContent = name.textContent;
  marker.bindTooltip(label);
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = name.textContent;
  button.setAttribute("aria-pressed", "false");
  name.replaceChildren(button);
  button.addEventListener("click", () => show(marker, button));
  marker.on("click", () => show(marker, button));
  return at;
}

async function locate(figure) {
  const holder = figure.querySelector("[data-map]");
  const words = holder.dataset;
  const { circleMarker, control, geoJSON, latLngBounds, map } = await import(words.map);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  holder.hidden = false;
  const view = map(holder, {
    attributionControl: false, zoomControl: false, minZoom: 3, maxZoom: 11, zoomSnap: .5, scrollWheelZoom: false,
    zoomAnimation: !still, fadeAnimation: !still, markerZoomAnimation: !still,
  });
  control.zoom({ zoomInTitle: words.closer, zoomOutTitle: words.farther }).addTo(view);
  let shown = [];
  const show = (marker, button) => {
    shown.forEach(([formerMarker, formerButton]) => {
      formerMarker.getElement().classList.remove("shown");
      formerButton.setAttribute("aria-pressed", "false");
    });
    shown = [[marker, button]];
    marker.bringToFront().openTooltip().getElement().classList.add("shown");
    button.setAttribute("aria-pressed", "true");
    view.panInside(marker.getLatLng(), { padding: [60, 60], animate: !still });
  };
  view.setView([52, -71], 4);
  const items = [...figure.querySelectorAll("li[data-latitude]")];
  const positions = items.map((item) => place(item, items.length > 60 ? 4.5 : 7, view, circleMarker, show));
  view.fitBounds(latLngBounds(positions).pad(.15), { maxZoom: 8, animate: false });
  await draw(view, geoJSON, words.outline);
}

document.querySelectorAll(".located").forEach(locate);
// A part of the page that a script drew again may have another map.
addEventListener("redrawn", () => document.querySelectorAll(".located:has([data-map][hidden])").forEach(locate));
