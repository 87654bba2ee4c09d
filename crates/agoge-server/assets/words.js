// Translates the scripts' texts into the page's language: the table is in the page; English needs
// none.
const table = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

export function say(text, values = {}) {
  return (table[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
