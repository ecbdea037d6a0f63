// The town: summary, open pickups, haltes with their bins. Rows stay and are only filled anew.

import { $, h, say } from "./dom.js";
import { drawMap } from "./map.js";
import { at, t, word } from "./texts.js";

export const OPEN = ["requested", "alerted", "accepted", "collected"];
const rows = new Map();

// What is to be fetched is what people come for: it is painted before the long list is made.
export function drawTown(town, done = () => {}) {
  $("town").hidden = false;
  drawCalls(town);
  const rest = () => {
    drawHaltes(town);
    done();
  };
  requestAnimationFrame(() => setTimeout(rest));
}

export function drawSummary(town) {
  drawCalls(town);
  drawMap($("map"), haltesOf(town.bins).map(fullest));
}

function drawHaltes(town) {
  rows.clear();
  const cards = haltesOf(town.bins).map(({ halte, bins }) => halteCard(halte, bins));
  $("haltes").replaceChildren(...cards);
  for (const bin of town.bins.values()) drawBin(bin, town.nowS);
  drawSummary(town);
}

function drawCalls(town) {
  const bins = [...town.bins.values()];
  const count = (band) => bins.filter((one) => one.band === band).length;
  say($("number-full"), String(count("full")));
  $("number-full").parentElement.classList.toggle("some", count("full") > 0);
  say($("number-unknown"), String(count("unknown")));
  say($("number-bins"), String(bins.length));
  say($("number-open"), String(town.pickups.size));
  drawPickups(town);
}

export function drawBin(bin, nowS) {
  const row = rows.get(bin.id);
  if (!row) return;
  row.className = `bin ${bin.band}`;
  drawBar(row.querySelector(".bar"), bin);
  say(row.querySelector(".percent"), bin.level_percent == null ? "?" : t("level", { percent: bin.level_percent }));
  say(row.querySelector(".heard"), bin.state === "ok" ? at(bin.heard_at_s, nowS) : "");
  say(row.querySelector(".remark"), remark(bin, nowS));
  const link = row.querySelector(".fetch");
  link.hidden = !bin.pickup;
  if (bin.pickup) {
    link.href = `#pickup/${bin.pickup.id}`;
    say(link, word("state", bin.pickup.state));
  }
}

export function bar(bin) {
  const made = h("div", { class: "bar", role: "meter", "aria-valuemin": 0, "aria-valuemax": 100 }, h("div", { class: "fill" }), h("div", { class: "line" }));
  drawBar(made, bin);
  return made;
}

function drawBar(made, bin) {
  const [fill, line] = made.children;
  const shown = bin.level_percent ?? bin.last_level_percent ?? 0;
  fill.style.width = `${shown}%`;
  line.style.left = `${bin.call_percent}%`;
  line.title = t("call-line", { percent: bin.call_percent });
  made.setAttribute("aria-label", t("level.of", { waste: word("waste", bin.waste) }));
  made.setAttribute("aria-valuenow", shown);
  made.setAttribute("aria-valuetext", bin.level_percent == null ? t("band.unknown") : `${bin.level_percent}%, ${t(`band.${bin.band}`)}`);
}

function remark(bin, nowS) {
  if (bin.state === "ok") return bin.band === "full" ? t("band.full") : "";
  const since = bin.heard_at_s == null ? "" : at(bin.heard_at_s, nowS);
  const key = bin.state === "silent" && bin.last_level_percent == null ? "silent-bare" : bin.state;
  return t(`last.${key}`, { at: since, percent: bin.last_level_percent });
}

function halteCard(halte, bins) {
  const lines = bins.map((bin) => {
    const row = h(
      "li",
      { id: `bin/${bin.id}`, tabindex: -1 },
      h("span", { class: "waste" }, word("waste", bin.waste)),
      bar(bin),
      h("span", { class: "percent" }),
      h("span", { class: "heard" }),
      h("span", { class: "small" }, h("span", { class: "remark" }), h("a", { class: "fetch", hidden: true })),
    );
    rows.set(bin.id, row);
    return row;
  });
  return h("li", { class: "card", id: `halte/${halte.id}`, tabindex: -1 }, h("h3", {}, halte.name), h("ul", { class: "bins" }, ...lines));
}

function drawPickups(town) {
  const found = [...town.pickups.values()].sort((a, b) => a.opened_at_s - b.opened_at_s);
  $("pickups").replaceChildren(...found.map((one) => pickupCard(one, town)));
  $("no-pickups").hidden = found.length > 0;
}

function pickupCard(pickup, town) {
  const bin = town.bins.get(pickup.bin);
  return h(
    "li",
    { class: `card call ${pickup.state}` },
    h(
      "a",
      { href: `#pickup/${pickup.id}` },
      h("span", { class: "title" }, h("strong", {}, pickup.halte.name), ` ${word("waste", pickup.waste)}`),
      h("span", { class: "percent" }, bin && bin.level_percent != null ? t("level", { percent: bin.level_percent }) : "?"),
      h("span", { class: "small" }, h("span", { class: `state ${pickup.state}` }, word("state", pickup.state)), ` ${about(pickup, town.nowS)}`),
      pickup.flag && h("span", { class: "flag" }, word("flag", pickup.flag)),
    ),
  );
}

function about(pickup, nowS) {
  const reason = pickup.reason !== "FULLNESS" && word("reason", pickup.reason);
  return [reason, collectorOf(pickup), t("since", { at: at(pickup.opened_at_s, nowS) })].filter(Boolean).join(" · ");
}

// Empty where somebody accepted whom it was not given to: the moves say who.
export function collectorOf(pickup) {
  const isWaiting = pickup.state === "requested" || pickup.state === "alerted";
  return pickup.collector_name || pickup.collector || (isWaiting ? t("collector.none") : "");
}

export function haltesOf(bins) {
  const found = new Map();
  for (const bin of bins.values()) {
    if (!found.has(bin.halte.id)) found.set(bin.halte.id, { halte: bin.halte, bins: [] });
    found.get(bin.halte.id).bins.push(bin);
  }
  return [...found.values()].sort((a, b) => a.halte.name.localeCompare(b.halte.name));
}

function fullest({ halte, bins }) {
  const known = bins.filter((one) => one.level_percent != null).sort((a, b) => b.level_percent - a.level_percent);
  const full = known.find((one) => one.band === "full") || known[0];
  return { halte, hasPickup: bins.some((one) => one.pickup), band: full ? full.band : "unknown", level: full ? full.level_percent : null };
}
