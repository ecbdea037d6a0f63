// Words and times. Indonesian first; the choice is remembered on this device.

const KEY = "jemput-language";
const WIB = "Asia/Jakarta";
const catalog = await (await fetch("/page/texts.json")).json();

export let language = remembered();

export function toggleLanguage() {
  language = other();
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // A browser that keeps nothing still speaks both.
  }
}

export const other = () => (language === "id" ? "en" : "id");

export function t(key, values = {}) {
  const text = catalog[language][key];
  return text && text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// A word that the catalog need not know, such as a kind of waste.
export const word = (group, name) => t(`${group}.${name}`) || name;

export function writeTexts() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
}

// "08.05", and the day before it where it was not today.
export function at(seconds, nowS) {
  const time = format(seconds, { hour: "2-digit", minute: "2-digit" });
  const isToday = format(seconds, { dateStyle: "short" }) === format(nowS, { dateStyle: "short" });
  return isToday ? time : `${format(seconds, { day: "numeric", month: "short" })} ${time}`;
}

export const clock = (seconds) => `${at(seconds, seconds)} WIB`;

const formats = new Map();

function format(seconds, options) {
  const key = language + JSON.stringify(options);
  if (!formats.has(key)) {
    const locale = language === "id" ? "id-ID" : "en-GB";
    formats.set(key, new Intl.DateTimeFormat(locale, { ...options, timeZone: WIB }));
  }
  return formats.get(key).format(new Date(seconds * 1000));
}

function remembered() {
  try {
    return localStorage.getItem(KEY) === "en" ? "en" : "id";
  } catch {
    return "id";
  }
}
