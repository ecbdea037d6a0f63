// Who is signed in. The session is a cookie that no script can read; the API says whose it is.

import { get, refusal, send } from "./ask.js";
import { $, h, say } from "./dom.js";
import { t } from "./texts.js";

let session = { user: null, rights: [], may_listen: false };

export async function loadSession() {
  session = await get("/v1/session");
  drawWho();
}

export const user = () => session.user;
export const isCollector = () => session.user && session.user.role === "collector";
export const mayRead = () => session.rights.includes("read own");
export const mayListen = () => session.may_listen;
export const mayHang = () => session.rights.includes("provision, bind and revoke devices");
export const mayMove = () => session.rights.includes("move own pickups");

// `done` is called once somebody is signed in, `tell` with a sentence where it did not work.
export function userForm(ask, done, tell) {
  const name = h("input", { id: "user-name", autocomplete: "username", autocapitalize: "none", spellcheck: "false", required: true });
  const password = h("input", { id: "user-password", type: "password", autocomplete: "current-password", required: true });
  const submit = async (event) => {
    event.preventDefault();
    const wrong = await signIn(name.value.trim(), password.value);
    if (wrong) tell(wrong);
    else done();
  };
  return h(
    "form",
    { onsubmit: submit },
    h("p", {}, ask),
    h("label", { for: "user-name" }, t("user.name")), name,
    h("label", { for: "user-password" }, t("user.password")), password,
    h("p", { class: "buttons" }, h("button", {}, t("user.enter"))),
  );
}

async function signIn(name, password) {
  try {
    const answer = await send("POST", "/v1/session", { name, password });
    if (!answer.ok) return await refusal(answer);
    await loadSession();
    return "";
  } catch {
    return t("said.network");
  }
}

export function drawSignIn() {
  const message = h("p", { class: "said", role: "status" });
  const form = userForm(t("user.see"), () => location.reload(), (text) => say(message, text));
  $("sign-in").replaceChildren(h("h1", {}, t("user.enter")), form, message);
}

// What is on the screen may be theirs alone: leaving begins the page anew.
async function leave() {
  await send("DELETE", "/v1/session");
  location.reload();
}

export function drawWho() {
  $("who").hidden = !user();
  if (!user()) return $("who").replaceChildren();
  const button = h("button", { type: "button", class: "plain", onclick: leave }, t("user.leave"));
  return $("who").replaceChildren(`${t("user.as", { name: user().name })} · `, button);
}
