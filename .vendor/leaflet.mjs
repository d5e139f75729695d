// What a map of points over an outline needs, without tiles, pictures or look-ups elsewhere.
export { circleMarker, control, geoJSON, latLngBounds, map } from "leaflet";
