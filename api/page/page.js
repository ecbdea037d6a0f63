// The page: keeps the town, listens, and shows the town or one pickup, as the address says.

import { $, say } from "./dom.js";
import { follow } from "./live.js";
import { refresh, reload, showPickup } from "./pickup.js";
import { at, clock, other, t, toggleLanguage, writeTexts } from "./texts.js";
import { drawSignIn, drawWho, loadSession, mayListen, mayRead } from "./user.js";
import { OPEN, drawBin, drawSummary, drawTown } from "./town.js";

const STALE_S = 30 * 60;
const BEGIN_AGAIN_MS = 10_000;
const town = { nowS: 0, bins: new Map(), pickups: new Map(), sites: [], invented: false };
let isWaiting = false;
let standing = "opening";

const pickupId = () => (location.hash.match(/^#pickup\/([^/]+)$/) || [])[1];

function snapshot(news) {
  town.nowS = news.now_s;
  town.bins = new Map(news.bins.map((one) => [one.id, one]));
  town.pickups = new Map(news.pickups.map((one) => [one.id, one]));
  town.sites = news.sites;
  town.invented = news.invented;
  drawAll();
}

function bin(news) {
  town.bins.set(news.id, news);
  drawBin(news, town.nowS);
  soon();
}

function pickup(news) {
  if (OPEN.includes(news.state)) town.pickups.set(news.id, news);
  else town.pickups.delete(news.id);
  if (news.id === pickupId()) reload(news.id, town);
  soon();
}

// Many changes of one second are one drawing.
function soon() {
  if (isWaiting) return;
  isWaiting = true;
  requestAnimationFrame(() => {
    isWaiting = false;
    drawSummary(town);
  });
}

function tick(nowS) {
  town.nowS = nowS;
  drawClock();
}

function drawClock() {
  say($("now"), town.nowS ? clock(town.nowS) : "");
  const heardS = Math.max(0, ...[...town.bins.values()].map((one) => one.heard_at_s || 0));
  $("stale").hidden = !heardS || town.nowS - heardS < STALE_S;
  if (!$("stale").hidden) say($("stale"), t("stale", { at: at(heardS, town.nowS) }));
}

function drawStanding(now) {
  standing = now;
  $("live").className = `live ${now}`;
  say($("live").firstElementChild, t(`live.${now}`));
}

function drawAll() {
  writeTexts();
  drawStanding(standing);
  say($("language"), t("other-language"));
  $("language").lang = other();
  say($("sites"), town.sites.map((one) => one.name.replace("(invented)", "").trim()).join(", "));
  $("invented").hidden = !town.invented;
  drawClock();
  drawWho();
  if (!mayRead()) return drawSignIn();
  drawTown(town);
  return route();
}

function route() {
  const id = pickupId();
  $("town").hidden = Boolean(id);
  $("pickup").hidden = !id;
  if (id) refresh(town);
}

async function go() {
  if (!mayRead()) return;
  const id = pickupId();
  if (id) await showPickup(id, town);
  route();
  if (id) $("content").focus();
  const halte = location.hash.startsWith("#halte/") && $(location.hash.slice(1));
  if (halte) halte.focus();
}

// Where reading needs a user and nobody is signed in, nothing of the town is asked for.
async function begin() {
  try {
    await loadSession();
  } catch {
    drawStanding("lost");
    setTimeout(begin, BEGIN_AGAIN_MS);
    return;
  }
  $("sign-in").hidden = mayRead();
  $("live").hidden = !mayRead();
  if (!mayRead()) {
    drawSignIn();
    return;
  }
  const refused = () => location.reload();
  follow({ snapshot, bin, pickup, clock: tick, standing: drawStanding, mayListen: mayListen(), refused });
  if (pickupId()) go();
}

addEventListener("hashchange", go);
$("language").addEventListener("click", () => {
  toggleLanguage();
  drawAll();
});
writeTexts();
drawStanding("opening");
begin();
