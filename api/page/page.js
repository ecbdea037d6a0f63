// The page: keeps the town, listens, and shows the town, one pickup or one device, as the address says.

import { get } from "./ask.js";
import { $, say } from "./dom.js";
import { follow } from "./live.js";
import { refresh, reload, showPickup } from "./pickup.js";
import { at, clock, other, t, toggleLanguage, writeTexts } from "./texts.js";
import { drawSignIn, drawWho, isCollector, loadSession, mayListen, mayRead } from "./user.js";
import { OPEN, drawBin, drawSummary, drawTown } from "./town.js";

const STALE_S = 30 * 60;
const BEGIN_AGAIN_MS = 10_000;
const HISTORY_MS = 60_000;
const town = { nowS: 0, bins: new Map(), pickups: new Map(), sites: [], invented: false };
let isWaiting = false;
let historySinceS; // since when the history is missing, where it is
let standing = "opening";
let deviceView; // loaded where somebody asks for a device: few do

const idOf = (kind) => (location.hash.match(`^#${kind}/([^/]+)$`) || [])[1];
const pickupId = () => idOf("pickup");

function snapshot(news) {
  const isFirst = !town.bins.size;
  town.nowS = news.now_s;
  town.bins = new Map(news.bins.map((one) => [one.id, one]));
  town.pickups = new Map(news.pickups.map((one) => [one.id, one]));
  town.sites = news.sites;
  town.invented = news.invented;
  drawAll(isFirst ? focusPlace : undefined);
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

// Readings of the past live elsewhere than levels and pickups: where they are missing, those go on.
async function lookAtHistory() {
  try {
    const { dependencies } = await get("/readyz");
    historySinceS = (dependencies.find((one) => one.name === "history") || {}).since_s;
  } catch {
    return; // the badge says whether the API is there
  }
  drawHistory();
}

function drawHistory() {
  $("history").hidden = !historySinceS;
  if (historySinceS) say($("history"), t("history-missing", { at: at(historySinceS, town.nowS || historySinceS) }));
}

function drawStanding(now) {
  standing = now;
  $("live").className = `live ${now}`;
  say($("live").firstElementChild, t(`live.${now}`));
}

// `done` is called once the last of it stands.
function drawAll(done) {
  writeTexts();
  drawStanding(standing);
  say($("language"), t("other-language"));
  $("language").lang = other();
  say($("sites"), town.sites.map((one) => one.name.replace("(invented)", "").trim()).join(", "));
  $("invented").hidden = !town.invented;
  drawClock();
  drawHistory();
  drawWho();
  if (!mayRead()) return drawSignIn();
  drawTown(town, done);
  return route();
}

function route() {
  const [pickup, device] = [pickupId(), idOf("device")];
  $("town").hidden = Boolean(pickup || device);
  $("pickup").hidden = !pickup;
  $("device").hidden = !device;
  if (pickup) refresh(town);
  if (device && deviceView) deviceView.refresh(town);
}

async function go() {
  if (!mayRead()) return;
  const [pickup, device] = [pickupId(), idOf("device")];
  if (pickup) await showPickup(pickup, town);
  if (device) {
    deviceView = await import("./device.js");
    await deviceView.showDevice(device, town);
  }
  route();
  if (pickup || device) $("content").focus();
  focusPlace();
}

// A mark on the plan leads to its halte, the label on a bin to its bin.
function focusPlace() {
  const place = (idOf("halte") || idOf("bin")) && $(location.hash.slice(1));
  if (place) place.focus();
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
  if (!isCollector()) {
    lookAtHistory();
    setInterval(() => document.hidden || lookAtHistory(), HISTORY_MS);
  }
  const refused = () => location.reload();
  const bins = isCollector() ? "/v1/bins?mine=true" : "/v1/bins";
  follow({ snapshot, bin, pickup, clock: tick, standing: drawStanding, mayListen: mayListen(), bins, refused });
  if (pickupId() || idOf("device")) go();
}

addEventListener("hashchange", go);
$("language").addEventListener("click", () => {
  toggleLanguage();
  drawAll();
});
writeTexts();
drawStanding("opening");
begin();
