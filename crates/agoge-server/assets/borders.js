// Borders of a repetition, dragged along the curve; corrections are stored as labels.
import { make, scale } from "/assets/plot.js";

const by = (id) => document.getElementById(id);
const data = JSON.parse(by("data").textContent), own = JSON.parse(by("corrections").textContent);
const picture = by("borders"), which = by("which"), pick = by("pick"), slider = by("time");
const height = 220, room = [44, 14, 26, 22];
const last = data.time.length - 1;
let repetition, from, to, dragged = -1, waiting;

const x = (t) => room[0] + (picture.clientWidth - room[0] - room[1]) * (t - from) / (to - from);
const seconds = (t) => t.toFixed(2) + " s";
// The frame nearest to a time.
function frame(t) {
  let i = data.time.findIndex((own) => own >= t);
  if (i < 0) i = last;
  return i > 0 && t - data.time[i - 1] < data.time[i] - t ? i - 1 : i;
}
const moved = (i) => Math.abs(repetition.at_s[i] - repetition.found_s[i]) > 0.0005;

function drawCurves() {
  const shown = data.curves.filter((curve) => curve.name === pick?.value);
  const inside = data.time.map((t, i) => i).filter((i) => data.time[i] >= from && data.time[i] <= to);
  const y = scale(picture, shown.flatMap((curve) => inside.map((i) => curve.values[i])), shown[0]?.unit, height, room);
  if (!y) return;
  for (const curve of shown) {
    const points = inside.filter((i) => curve.values[i] !== null).map((i) => x(data.time[i]) + "," + y(curve.values[i]));
    make("polyline", { class: curve.side ?? "middle", points: points.join(" ") }, picture);
  }
}

function draw() {
  picture.setAttribute("viewBox", `0 0 ${picture.clientWidth} ${height}`);
  const focused = document.activeElement?.classList.contains("border") ? document.activeElement.dataset.border : undefined;
  picture.replaceChildren();
  drawCurves();
  for (const [t, anchor] of [[from, "start"], [to, "end"]]) make("text", { x: x(t), y: height - 6, "text-anchor": anchor }, picture).textContent = seconds(t);
  repetition.at_s.forEach((t, i) => {
    const name = repetition.names[i];
    if (moved(i)) make("line", { class: "turn", x1: x(repetition.found_s[i]), x2: x(repetition.found_s[i]), y1: room[2], y2: height - room[3] }, picture);
    const group = make("g", {
      class: "border", role: "slider", tabindex: 0, "data-border": i, "aria-label": `${name}, repetition ${repetition.number}`,
      "aria-valuemin": from.toFixed(3), "aria-valuemax": to.toFixed(3), "aria-valuenow": t.toFixed(3), "aria-valuetext": seconds(t),
    }, picture);
    make("rect", { x: x(t) - 14, y: 4, width: 28, height: height - room[3] }, group);
    make("line", { x1: x(t), x2: x(t), y1: room[2], y2: height - room[3] }, group);
    make("circle", { cx: x(t), cy: room[2] - 10, r: 9 }, group);
    if (String(i) === focused) group.focus();
  });
  by("events").replaceChildren(...repetition.names.map((name, i) => {
    const line = document.createElement("li");
    line.textContent = `${name}: ${seconds(repetition.at_s[i])}` + (moved(i) ? ` (found at ${seconds(repetition.found_s[i])})` : "");
    return line;
  }));
  by("undo").disabled = !repetition.at_s.some((_, i) => moved(i));
}

// Moves a border to a frame between its neighbours, and shows the figure there.
function put(i, index) {
  const low = i > 0 ? frame(repetition.at_s[i - 1]) + 1 : frame(from), high = i + 1 < repetition.at_s.length ? frame(repetition.at_s[i + 1]) - 1 : frame(to);
  if (low > high) return;
  const at = Math.max(low, Math.min(high, index));
  repetition.at_s[i] = data.time[at];
  slider.value = at;
  slider.dispatchEvent(new Event("input"));
  draw();
}

async function keep() {
  clearTimeout(waiting);
  waiting = undefined;
  const said = { repetition: repetition.number, at_s: repetition.at_s };
  by("kept").textContent = "Storing …";
  try {
    const answer = await fetch(`/api/library/analyses/${own.analysis}/borders`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(said) });
    by("kept").textContent = answer.ok ? `Repetition ${said.repetition} is stored.` : "This was not stored: " + ((await answer.json().catch(() => ({}))).error ?? answer.status);
  } catch {
    by("kept").textContent = "This was not stored: the server does not answer.";
  }
}

function choose() {
  if (waiting) keep();
  repetition = own.repetitions.find((own) => own.number === Number(which.value));
  const all = [...repetition.at_s, ...repetition.found_s], [low, high] = [Math.min(...all), Math.max(...all)], more = Math.max(0.25 * (high - low), 0.3);
  from = Math.max(data.time[0], low - more);
  to = Math.min(data.time[last], high + more);
  by("kept").textContent = "";
  draw();
}

picture.addEventListener("pointerdown", (event) => {
  const group = event.target.closest(".border");
  if (!group) return;
  event.preventDefault();
  group.focus();
  dragged = Number(group.dataset.border);
  picture.setPointerCapture(event.pointerId);
});
picture.addEventListener("pointermove", (event) => {
  if (dragged < 0) return;
  const share = (event.clientX - picture.getBoundingClientRect().left - room[0]) / (picture.clientWidth - room[0] - room[1]);
  put(dragged, frame(from + share * (to - from)));
});
picture.addEventListener("pointerup", () => { if (dragged >= 0) { dragged = -1; keep(); } });
picture.addEventListener("pointercancel", () => { dragged = -1; });
picture.addEventListener("keydown", (event) => {
  const group = event.target.closest(".border"), step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
  if (!group || !step) return;
  event.preventDefault();
  const i = Number(group.dataset.border);
  put(i, frame(repetition.at_s[i]) + step * (event.shiftKey ? 10 : 1));
  clearTimeout(waiting);
  waiting = setTimeout(keep, 500);
});
by("undo").addEventListener("click", () => {
  repetition.at_s = [...repetition.found_s];
  draw();
  keep();
});
which.addEventListener("change", choose);
// The curve is the one chosen above, there or by a finding.
pick?.addEventListener("change", draw);
document.addEventListener("click", (event) => { if (event.target.closest(".card")) draw(); });
addEventListener("resize", draw);
addEventListener("pagehide", () => { if (waiting) keep(); });
choose();
