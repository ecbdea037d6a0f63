// Follows the town: server-sent events; where they do not come, or are not for whoever is signed
// in, asking every ten seconds.

import { get } from "./ask.js";

const SILENCE_MS = 25_000; // the server says something at least every ten seconds
const ASK_MS = 10_000;
const TRY_AGAIN_MS = 30_000;

// `bins` is the address of those that are asked for where nobody tells.
export function follow({ snapshot, bin, pickup, clock, standing, mayListen, bins: address, refused }) {
  let source;
  let openedAt = 0;
  let heardAt = 0;
  let askedAt = 0;

  function heard(tell) {
    return (event) => {
      heardAt = Date.now();
      standing("live");
      tell(JSON.parse(event.data));
    };
  }

  function open() {
    if (!window.EventSource || !mayListen) return;
    if (source) source.close();
    openedAt = Date.now();
    source = new EventSource("/v1/events");
    source.addEventListener("snapshot", heard(snapshot));
    source.addEventListener("bin", heard(bin));
    source.addEventListener("pickup", heard(pickup));
    source.addEventListener("clock", heard((now) => clock(now.now_s)));
  }

  async function ask() {
    askedAt = Date.now();
    try {
      const [bins, open] = await Promise.all([get(address), get("/v1/pickups?state=open")]);
      standing("polling");
      snapshot({ ...bins, pickups: open.pickups });
    } catch (error) {
      if (error.message === "401") refused();
      standing("lost");
    }
  }

  function look() {
    const now = Date.now();
    if (document.hidden || now - Math.max(heardAt, openedAt) < (heardAt ? SILENCE_MS : ASK_MS)) return;
    if (now - openedAt > TRY_AGAIN_MS) open();
    if (now - askedAt >= ASK_MS) ask();
  }

  open();
  if (!source) ask();
  setInterval(look, 1000);
}
