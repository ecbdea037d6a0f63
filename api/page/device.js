// One device, as the square on its label names it: where it hangs, and one press to hang it on a bin.

import { get, refusal, send } from "./ask.js";
import { $, h, say } from "./dom.js";
import { at, t, word } from "./texts.js";
import { haltesOf } from "./town.js";
import { loadSession, mayHang, user, userForm } from "./user.js";

let id = "";
let shown; // the device on the screen; null where nothing is known of it
let said = ""; // what came of the last act
let halteId = ""; // whose bins are listed
let bins = []; // of that halte, with what hangs on each

export async function showDevice(wanted, town) {
  if (wanted !== id) [id, said, halteId, bins] = [wanted, "", "", []];
  if (mayHang()) await load();
  draw(town);
}

// The town changed: draw anew, unless somebody is choosing or typing here.
export function refresh(town) {
  const active = document.activeElement;
  if (!$("device").contains(active) || !active.matches("input, select, button")) draw(town);
}

async function load() {
  try {
    shown = await get(`/v1/devices/${encodeURIComponent(id)}`);
  } catch (error) {
    shown = null;
    if (error.message !== "404") said = t("said.network");
  }
}

function draw(town) {
  $("device").replaceChildren(
    h("a", { class: "back", href: "#" }, `← ${t("back")}`),
    h("h1", {}, t("device"), " ", h("code", {}, id)),
    ...acts(town),
    h("p", { class: "said", role: "status" }, said),
  );
}

function acts(town) {
  if (!user()) return [h("section", { class: "acts" }, userForm(t("user.ask"), () => showDevice(id, town), tell))];
  if (!mayHang()) return [h("p", {}, t("device.not-yours"))];
  const bin = shown && shown.bin;
  return [h("p", {}, standing(town)), bin ? takeDown(town) : choice(town)];
}

function standing(town) {
  if (!shown) return t("device.unknown");
  const hung = shown.bin && shown.history.find((one) => one.bin === shown.bin && one.until_s == null);
  if (shown.bin) return t("device.hangs", { bin: nameOf(shown.bin, town), at: at(hung ? hung.from_s : town.nowS, town.nowS) });
  return t(shown.revoked_at_s != null ? "device.revoked" : "device.free");
}

function nameOf(bin, town) {
  const known = town.bins.get(bin);
  return known ? `${known.halte.name}, ${word("waste", known.waste)}` : bin;
}

function takeDown(town) {
  const press = () => confirm(t("device.down-sure")) && act("take-down", undefined, town);
  return h("p", { class: "buttons" }, h("button", { type: "button", onclick: press }, t("device.down")));
}

function choice(town) {
  const haltes = haltesOf(town.bins).map(({ halte }) => h("option", { value: halte.id, selected: halte.id === halteId }, halte.name));
  const choose = (event) => listBins(event.target.value, town);
  return h(
    "section",
    { class: "acts" },
    h("label", { for: "device-halte" }, t("device.halte")),
    h("select", { id: "device-halte", onchange: choose }, h("option", { value: "" }, t("device.choose")), ...haltes),
    h("ul", { class: "hang" }, ...bins.map((bin) => h("li", {}, hangButton(bin, town)))),
  );
}

async function listBins(halte, town) {
  halteId = halte;
  try {
    const found = halte ? (await get(`/v1/bins?halte=${encodeURIComponent(halte)}`)).bins : [];
    if (halte !== halteId) return;
    [bins, said] = [found, ""];
  } catch {
    [bins, said] = [[], t("said.network")];
  }
  draw(town);
  $("device-halte").focus();
}

function hangButton(bin, town) {
  const other = bin.setup.device;
  const words = t(other ? "device.swap" : "device.bind", { waste: word("waste", bin.waste), bin: bin.id, device: other });
  const press = () => (!other || confirm(t("device.swap-sure", { device: other }))) && act(other ? "swap" : "bind", { bin: bin.id }, town);
  return h("button", { type: "button", class: other ? "" : "accept", onclick: press }, words);
}

async function act(what, body, town) {
  try {
    const answer = await send("POST", `/v1/devices/${encodeURIComponent(id)}/${what}`, body);
    said = answer.ok ? t("said.done") : await refused(answer);
    if (answer.status === 401) await loadSession();
    [halteId, bins] = ["", []];
  } catch {
    said = t("said.network");
  }
  if (mayHang()) await load();
  draw(town);
}

function refused(answer) {
  return [403, 404].includes(answer.status) ? t("device.not-yours") : refusal(answer);
}

function tell(text) {
  said = text;
  say($("device").querySelector(".said"), text);
}
