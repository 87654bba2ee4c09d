// What the plots of curves share.

// An SVG element.
export function make(name, attributes, into) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  into.append(node);
  return node;
}

// Lines at the minimum and maximum of some values; returns the function from a value to its height,
// or nothing without values. Room is left, right, above and below.
export function scale(picture, values, unit, height, room) {
  const known = values.filter((v) => v !== null);
  if (!known.length) return null;
  let low = Math.min(...known), high = Math.max(...known);
  if (high - low < 1e-6) { low -= 1; high += 1; }
  const y = (v) => room[2] + (height - room[2] - room[3]) * (high - v) / (high - low);
  for (const v of [low, high]) {
    make("line", { class: "grid", x1: room[0], x2: picture.clientWidth - room[1], y1: y(v), y2: y(v) }, picture);
    make("text", { x: room[0] - 6, y: y(v) + 4, "text-anchor": "end" }, picture).textContent = Number(v.toPrecision(3)) + (unit === "°" ? "°" : "");
  }
  return y;
}
