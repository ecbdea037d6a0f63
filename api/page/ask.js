// Asking the API, with the session's cookie; and what a refusal means in words.

import { t } from "./texts.js";

const SAID = ["no-user", "not-yours", "refused-move", "refused-change", "not-found", "too-many-tries"];

export async function get(path) {
  const answer = await fetch(path, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

export function send(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  return fetch(path, { method, headers, credentials: "same-origin", body: body && JSON.stringify(body) });
}

export async function refusal(answer) {
  const kind = (await answer.json()).type.split("/").pop();
  return t(SAID.includes(kind) ? `said.${kind}` : "said.other");
}
