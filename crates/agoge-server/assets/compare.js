// Two repetitions played by one control, phase by phase, so that both turn at the same instant.
import { box as around, draw, facing, seen } from "/assets/figure.js";
import { make, scale } from "/assets/plot.js";
import { say } from "/assets/words.js";

const by = (id) => document.getElementById(id);
const sides = ["first", "second"].map((id) => ({ canvas: by(id + "-figure"), which: by(id + "-repetition"), ...JSON.parse(by(id).textContent) }));
const slider = by("time"), play = by("play"), pick = by("pick"), picture = by("curves");
const words = (name) => name.replaceAll("_", " ");
let view = 60, spans = [], total = 0, names = [], playing = false, from = 0, at = 0;

for (const side of sides) side.turn = facing(side);
function frameAt(side, t) {
  const i = side.time.findIndex((own) => own >= t);
  return i < 0 ? side.time.length - 1 : i;
}
// Interpolates a curve between two frames.
function valueAt(side, values, t) {
  const i = frameAt(side, t), before = values[i - 1];
  if (i === 0 || values[i] === null || before === null) return values[i];
  const share = (t - side.time[i - 1]) / (side.time[i] - side.time[i - 1]);
  return before + Math.min(share, 1) * (values[i] - before);
}
const borders = (r) => (r.complete && r.phases.length ? [r.phases[0].from, ...r.phases.map((phase) => phase.to)] : [r.from, r.to]);

// The chosen repetitions, and how long each phase lasts when both are played: the mean of the two.
function choose() {
  for (const side of sides) {
    side.repetition = side.repetitions.find((r) => r.number === Number(side.which.value));
    if (!side.repetition) return by("where").textContent = say("none-complete");
    side.borders = borders(side.repetition);
  }
  if (sides[0].borders.length !== sides[1].borders.length) for (const side of sides) side.borders = [side.repetition.from, side.repetition.to];
  names = sides[0].borders.length > 2 ? sides[0].repetition.phases.map((phase) => words(phase.name)) : [];
  spans = sides[0].borders.slice(1).map((_, i) => sides.reduce((sum, side) => sum + (side.borders[i + 1] - side.borders[i]) / 2, 0));
  total = spans.reduce((a, b) => a + b, 0);
  slider.max = total;
  box();
  curves();
  // Begin at the turning point: a posture says more than standing still.
  show(spans.length > 1 ? spans[0] : 0);
}
// One bounding box for both where both are in millimetres, so that sizes can be compared.
function box() {
  for (const side of sides) {
    const points = [];
    for (let i = frameAt(side, side.repetition.from); i <= frameAt(side, side.repetition.to); i++) points.push(...seen(side, i, view));
    side.box = around(points);
  }
  const sizes = sides.map(({ box }) => [box[2] - box[0], box[3] - box[1]]);
  sides.forEach((side, own) => {
    [0, 1].forEach((k) => {
      const size = sides[0].three && sides[1].three ? Math.max(sizes[0][k], sizes[1][k]) : sizes[own][k];
      const middle = (side.box[k] + side.box[k + 2]) / 2;
      // Both stand on the same height.
      if (k === 1) [side.box[1], side.box[3]] = [side.box[3] + 0.05 * size - size, side.box[3] + 0.05 * size];
      else [side.box[0], side.box[2]] = [middle - size / 2, middle + size / 2];
    });
  });
}

// The phase at a time of the control, and the share of it that has passed.
function place(s) {
  let i = 0;
  while (i < spans.length - 1 && s > spans[i]) s -= spans[i++];
  return [i, spans[i] > 0 ? Math.min(1, s / spans[i]) : 0];
}
const timeOf = (side, [i, share]) => side.borders[i] + share * (side.borders[i + 1] - side.borders[i]);

const height = 230, room = [44, 12, 12, 22];
const x = (s) => room[0] + (picture.clientWidth - room[0] - room[1]) * s / total;
function curves() {
  picture.setAttribute("viewBox", `0 0 ${picture.clientWidth} ${height}`);
  picture.replaceChildren();
  const steps = [...Array(101).keys()].map((k) => total * k / 100), lines = [];
  sides.forEach((side, own) => {
    for (const curve of side.curves.filter((curve) => curve.name === pick.value))
      lines.push({ class: (curve.side ?? "middle") + (own ? " reference" : ""), unit: curve.unit, values: steps.map((s) => valueAt(side, curve.values, timeOf(side, place(s)))) });
  });
  const y = scale(picture, lines.flatMap((line) => line.values), lines[0]?.unit, height, room);
  if (!y) return;
  let s = 0;
  names.forEach((name, i) => {
    make("text", { x: x(s) + 3, y: height - 6 }, picture).textContent = name;
    if (i) make("line", { class: "turn", x1: x(s), x2: x(s), y1: room[2], y2: height - room[3] }, picture);
    s += spans[i];
  });
  for (const line of lines) make("polyline", { class: line.class, points: steps.map((s, k) => [s, line.values[k]]).filter(([, v]) => v !== null).map(([s, v]) => x(s) + "," + y(v)).join(" ") }, picture);
  make("line", { id: "now", y1: room[2], y2: height - room[3] }, picture);
}

function show(s) {
  if (!(total > 0)) return;
  at = Math.max(0, Math.min(total, s));
  slider.value = at;
  const where = place(at);
  for (const side of sides) draw(side.canvas, seen(side, frameAt(side, timeOf(side, where)), view), side.bones, side.box);
  by("clock").textContent = at.toFixed(2) + " s";
  const into = sides.map((side) => (timeOf(side, where) - side.borders[0]).toFixed(2));
  by("where").textContent = say("phase-times", { phase: names[where[0]] ?? say("whole-repetition"), first: into[0], second: into[1] });
  const now = by("now");
  if (now) { now.setAttribute("x1", x(at)); now.setAttribute("x2", x(at)); }
}
function step(now) {
  if (!playing) return;
  show(at + (now - from) / 1000 * Number(by("speed").value));
  from = now;
  if (at >= total) return stop();
  requestAnimationFrame(step);
}
function stop() { playing = false; play.textContent = say("play"); }
play.addEventListener("click", () => {
  if (playing) return stop();
  if (at >= total) show(0);
  playing = true;
  play.textContent = say("pause");
  from = performance.now();
  requestAnimationFrame(step);
});
slider.addEventListener("input", () => { stop(); show(Number(slider.value)); });
for (const side of sides) side.which.addEventListener("change", () => { stop(); choose(); });
for (const button of document.querySelectorAll("[data-view]")) button.addEventListener("click", () => { view = Number(button.dataset.view); box(); show(at); });
for (const name of new Set(sides[0].curves.map((curve) => curve.name))) if (sides[1].curves.some((curve) => curve.name === name)) pick.add(new Option(words(name), name));
const again = () => { if (total > 0) { curves(); show(at); } };
pick.addEventListener("change", again);
addEventListener("resize", again);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
choose();
