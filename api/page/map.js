// A plan of the haltes from their positions: no tiles, nothing from elsewhere.

import { s } from "./dom.js";
import { t } from "./texts.js";

const WIDTH = 360;
const HEIGHT = 300;
const MARGIN = 26;
const RADIUS = 13;
const GAP = 5;
const DEGREE_M = 111_320;

export function drawMap(svg, haltes) {
  if (!haltes.length) return svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  const { place, scale } = projection(haltes.map((one) => one.halte));
  const points = placed(haltes.map((one) => place(one.halte)));
  return svg.replaceChildren(ruler(scale), ...haltes.map((one, i) => mark(one, points[i])));
}

function projection(haltes) {
  const lats = haltes.map((one) => one.lat);
  const lons = haltes.map((one) => one.lon);
  const middle = (values) => (Math.min(...values) + Math.max(...values)) / 2;
  const span = (values) => Math.max(Math.max(...values) - Math.min(...values), 0.001);
  const [lat, lon] = [middle(lats), middle(lons)];
  const narrow = Math.cos((lat * Math.PI) / 180);
  const scale = Math.min((WIDTH - 2 * MARGIN) / (span(lons) * narrow), (HEIGHT - 2 * MARGIN - 16) / span(lats));
  return {
    scale: scale / DEGREE_M,
    place: (one) => ({
      x: WIDTH / 2 + (one.lon - lon) * narrow * scale,
      y: HEIGHT / 2 - 8 - (one.lat - lat) * scale,
    }),
  };
}

// Haltes seldom move, their levels often do: the same places are not pushed apart again.
let known = { key: "", points: [] };

function placed(points) {
  const key = points.map(({ x, y }) => `${x},${y}`).join(" ");
  if (known.key !== key) known = { key, points: apart(points) };
  return known.points;
}

// Marks that would cover each other are pushed apart a little.
function apart(points) {
  for (let round = 0; round < 30; round += 1) {
    for (let i = 0; i < points.length; i += 1) {
      for (let j = 0; j < i; j += 1) push(points[i], points[j]);
    }
  }
  return points;
}

function push(a, b) {
  const [dx, dy] = [a.x - b.x || 0.1, a.y - b.y];
  const distance = Math.hypot(dx, dy);
  const missing = 2 * RADIUS + GAP - distance;
  if (missing <= 0) return;
  const [mx, my] = [(dx / distance) * (missing / 2), (dy / distance) * (missing / 2)];
  a.x += mx;
  a.y += my;
  b.x -= mx;
  b.y -= my;
}

function mark({ halte, band, level, hasPickup }, { x, y }) {
  const text = level == null ? "?" : String(level);
  const name = t("map.halte", { halte: halte.name, level: level == null ? "?" : `${level}%` });
  return s(
    "a",
    { href: `#halte/${halte.id}`, class: `mark ${band}`, transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, "aria-label": name },
    s("title", {}, name),
    hasPickup && s("circle", { class: "ring", r: RADIUS + 4 }),
    s("circle", { r: RADIUS }),
    s("text", { dy: "0.36em" }, text),
  );
}

function ruler(scale) {
  const metres = [5000, 2000, 1000, 500, 200, 100].find((one) => one * scale < WIDTH / 3) || 50;
  const y = HEIGHT - 8;
  const label = metres < 1000 ? `${metres} m` : `${metres / 1000} km`;
  return s(
    "g",
    { class: "ruler" },
    s("path", { d: `M10 ${y - 4}v4h${(metres * scale).toFixed(1)}v-4` }),
    s("text", { x: 16 + metres * scale, y: y + 1 }, label),
  );
}
