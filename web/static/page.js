// What the other modules share: the anti-forgery token, requests, and words for screen readers.

const token = document.querySelector('meta[name="csrf"]')?.content ?? "";

/** POST `value` as JSON to `address`; resolves to the response, whatever its status. */
export function postJson(address, value, signal) {
  return fetch(address, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": token },
    body: JSON.stringify(value),
    signal,
  });
}

/** A piece of the server's own HTML as nodes. */
export function nodes(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

/** Fill `{fields}` of a phrase; numbers follow the language of the page. */
export function fill(phrase, values) {
  return phrase.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? value.toLocaleString(document.documentElement.lang) : value;
  });
}
