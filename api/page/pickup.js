// One pickup: why, what happened, and what a collector can do. Only a button changes anything.

import { get, refusal, send } from "./ask.js";
import { $, h, say } from "./dom.js";
import { at, t, word } from "./texts.js";
import { OPEN, bar, collectorOf } from "./town.js";
import { loadSession, mayMove, mayRead, user, userForm } from "./user.js";

const ACTS = { requested: ["accept"], alerted: ["accept"], accepted: ["collect", "fail"], collected: ["fail"] };
const REASONS = ["no_access", "contaminated", "overloaded", "not_found", "damaged", "other"];
let shown; // the pickup on the screen
let said = ""; // what came of the last act
let isFailing = false;

export async function showPickup(id, town) {
  isFailing = false;
  said = "";
  await load(id);
  draw(town);
}

// Somebody else moved it, or time passed: draw anew, unless somebody is typing here.
export async function reload(id, town) {
  await load(id);
  refresh(town);
}

export function refresh(town) {
  const active = document.activeElement;
  if (!$("pickup").contains(active) || !active.matches("input, select")) draw(town);
}

async function load(id) {
  try {
    shown = await get(`/v1/pickups/${encodeURIComponent(id)}`);
  } catch (error) {
    shown = undefined;
    said = error.message === "404" ? t("said.not-found") : t("said.network");
  }
}

function draw(town) {
  const box = $("pickup");
  const back = h("a", { class: "back", href: "#" }, `← ${t("back")}`);
  const message = h("p", { class: "said", role: "status" }, said);
  if (!shown) return box.replaceChildren(back, message);
  const bin = town.bins.get(shown.bin);
  box.replaceChildren(back, ...heading(bin), acts(town), message, why(town), moves(town));
}

function heading(bin) {
  const place = `${shown.halte.lat},${shown.halte.lon}`;
  const map = `https://www.openstreetmap.org/?mlat=${shown.halte.lat}&mlon=${shown.halte.lon}#map=18/${place.replace(",", "/")}`;
  return [
    h("h1", {}, `${shown.halte.name} `, h("span", { class: "waste" }, word("waste", shown.waste))),
    bin && h("div", { class: `bin large ${bin.band}` }, bar(bin), h("span", { class: "percent" }, bin.level_percent == null ? "?" : `${bin.level_percent}%`)),
    h("p", {}, h("span", { class: `state ${shown.state}` }, word("state", shown.state)), collectorOf(shown) && ` ${collectorOf(shown)} ·`, " ", h("a", { href: map, rel: "noreferrer" }, t("where"))),
    shown.flag && h("p", { class: "flag" }, word("flag", shown.flag)),
  ].filter(Boolean);
}

function acts(town) {
  const possible = ACTS[shown.state] || [];
  const box = h("section", { class: "acts", "aria-label": t("act") });
  if (!OPEN.includes(shown.state)) box.append(h("p", { class: "quiet" }, t("act.none")));
  else if (!user()) box.append(userForm(t("user.ask"), () => signedIn(town), tell));
  else if (!mayMove()) box.append(h("p", { class: "quiet" }, t("act.look-only")));
  else if (isFailing) box.append(failForm(town));
  else box.append(h("p", { class: "buttons" }, ...possible.map((kind) => button(kind, town))));
  return box;
}

function signedIn(town) {
  said = "";
  draw(town);
}

function tell(text) {
  said = text;
  say($("pickup").querySelector(".said"), text);
}

function button(kind, town) {
  const press = () => {
    if (kind !== "fail") return act(kind, {}, town);
    isFailing = true;
    draw(town);
    return $("fail-reason").focus();
  };
  return h("button", { type: "button", class: kind, onclick: press }, t(`act.${kind}`));
}

function failForm(town) {
  const reason = h("select", { id: "fail-reason" }, ...REASONS.map((one) => h("option", { value: one }, word("fail", one))));
  const note = h("input", { id: "fail-note", maxlength: 400, autocomplete: "off" });
  const submit = (event) => {
    event.preventDefault();
    act("fail", { reason: reason.value, note: note.value || null }, town);
  };
  const cancel = () => {
    isFailing = false;
    draw(town);
  };
  return h(
    "form",
    { onsubmit: submit },
    h("label", { for: "fail-reason" }, t("fail.reason")), reason,
    h("label", { for: "fail-note" }, t("fail.note")), note,
    h("p", { class: "buttons" }, h("button", { class: "fail" }, t("fail.send")), h("button", { type: "button", onclick: cancel }, t("fail.cancel"))),
  );
}

async function act(kind, body, town) {
  try {
    const answer = await send("POST", `/v1/pickups/${encodeURIComponent(shown.id)}/${kind}`, body);
    said = answer.ok ? t("said.done") : await refusal(answer);
    if (answer.status === 401) await loadSession();
    isFailing = isFailing && !answer.ok && answer.status !== 409;
  } catch {
    said = t("said.network");
  }
  if (!mayRead()) return location.reload();
  await load(shown.id);
  return draw(town);
}

function why(town) {
  const { rule, numbers, evidence } = shown.why;
  const seen = evidence.map((one) => h("li", {}, h("span", { class: "percent" }, one.fill_percent == null ? "?" : `${one.fill_percent}%`), ` ${at(one.at_s, town.nowS)}`));
  return h(
    "section",
    {},
    h("h2", {}, t("why")),
    h("p", {}, t(`why.${rule}`, numbers) || rule),
    seen.length > 0 && h("p", { class: "quiet" }, t("why.evidence")),
    seen.length > 0 && h("ol", { class: "evidence" }, ...seen),
  );
}

function moves(town) {
  const steps = shown.moves.map((one) =>
    h(
      "li",
      { class: one.state },
      h("time", {}, at(one.at_s, town.nowS)),
      h("span", {}, h("strong", {}, word("state", one.state)), ` ${by(one.by)}`, one.note && h("q", {}, noteText(one.note))),
    ),
  );
  return h("section", {}, h("h2", {}, t("moves")), h("ol", { class: "moves" }, ...steps));
}

// "mqtt to budi" is how an alert was told to whom.
function by(who) {
  const [, channel, to] = who.match(/^(\w+) to (.+)$/) || [];
  return to ? t("move.told", { channel, to }) : t("move.by", { by: word("by", who) });
}

// "no_access: locked" begins with a reason that the catalog knows.
function noteText(note) {
  const known = t(`note.${note}`);
  if (known) return known;
  const [reason, ...rest] = note.split(": ");
  return [word("fail", reason), ...rest].join(": ");
}
