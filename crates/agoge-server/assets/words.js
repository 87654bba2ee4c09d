// Texts of scripts by their ids, in the page's language.
import texts from "/assets/texts.js";

export function say(id, values = {}) {
  return (texts[id] ?? id).replace(/\{\$(\w+)\}/g, (_, name) => values[name]);
}
