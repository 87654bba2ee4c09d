// Repetitions one after another, or two side by side, judged by a key or a button.
import { box, draw, facing, seen } from "/assets/figure.js";
import { say } from "/assets/words.js";

const by = (id) => document.getElementById(id);
const movement = by("judge").dataset.movement;
const canvases = [by("left"), by("right")];
const kept = new Map(), skipped = new Set(), done = [];
let queue = [], shown = [], view = 60, begun = 0, counts = {}, busy = false, again;

const name = (which) => which.analysis + "/" + which.repetition;
const pairs = () => by("two").checked;
const needed = () => (pairs() ? 2 : 1);

// The figure of a repetition; requested once.
function figure(which) {
  if (!kept.has(name(which))) {
    if (kept.size > 60) kept.clear();
    kept.set(name(which), fetch(`/api/library/analyses/${which.analysis}/repetitions/${which.repetition}`).then((answer) => (answer.ok ? answer.json() : Promise.reject(answer))));
  }
  return kept.get(name(which));
}

async function ask() {
  const answer = await fetch("/api/label?movement=" + encodeURIComponent(movement));
  if (!answer.ok) throw answer;
  const { next, ...rest } = await answer.json();
  counts = rest;
  queue = next.filter((which) => !skipped.has(name(which)));
}

// Shows the next repetition of the queue; those that cannot be shown are skipped.
async function show() {
  for (;;) {
    if (queue.length < needed()) await ask();
    if (queue.length < needed()) return nothing();
    const chosen = queue.slice(0, needed());
    const figures = await Promise.allSettled(chosen.map(figure));
    const lost = chosen.filter((_, i) => figures[i].status === "rejected" || figures[i].value.parts.length < 2);
    if (lost.length) { lost.forEach((which) => skipped.add(name(which))); queue = queue.filter((which) => !skipped.has(name(which))); continue; }
    shown = chosen.map((which, i) => ({ which, canvas: canvases[i], ...figures[i].value }));
    queue.slice(needed(), 3 * needed()).forEach((which) => figure(which).catch(() => {}));
    stand();
    break;
  }
}
function nothing() {
  shown = [];
  canvases.forEach((canvas) => canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height));
  tell(say(pairs() ? "all-compared" : "all-judged"));
}
function stand() {
  for (const side of shown) {
    side.turn = facing(side);
    side.box = box(side.time.flatMap((_, frame) => seen(side, frame, view)));
  }
  by("views").hidden = !shown.some((side) => side.three);
  begun = performance.now();
  tell("");
}
function tell(what) {
  const { judged = 0, open = 0, compared = 0 } = counts;
  by("state").textContent = (what ? what + " " : "") + (pairs() ? say("compared-count", { count: compared }) : say("judged-count", { count: judged, all: judged + open }));
  by("back").disabled = !done.length;
  for (const id of ["good", "bad", "skip", "first", "alike", "second", "pass"]) by(id).disabled = !shown.length;
}

// Plays the movement in a loop, with a moment of rest.
function step(now) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0.25 : 1;
  for (const side of shown) {
    const length = side.time.at(-1) - side.time[0], t = side.time[0] + Math.min(length, still * ((now - begun) / 1000) % (length + 0.6));
    const frame = side.time.findIndex((own) => own >= t);
    draw(side.canvas, seen(side, frame < 0 ? side.time.length - 1 : frame, view), side.bones, side.box);
  }
  requestAnimationFrame(step);
}

// One action at a time; a key pressed meanwhile must not judge another repetition.
async function once(what) {
  if (busy) return;
  busy = true;
  try { await what(); } catch { tell(say("judgement-lost")); }
  busy = false;
}
const store = async (judgement) => {
  const answer = await fetch("/api/label", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(judgement) });
  if (!answer.ok) throw answer;
};
const judge = (correct) => once(async () => {
  if (!shown.length || pairs()) return;
  const { which } = shown[0];
  await store({ kind: "quality", of: which, correct });
  if (again !== name(which)) { counts.judged++; counts.open--; }
  again = undefined;
  done.push(which);
  queue.shift();
  await show();
});
const compare = (better) => once(async () => {
  if (shown.length < 2) return;
  await store({ kind: "pair", first: shown[0].which, second: shown[1].which, better });
  counts.compared++;
  // The second of a pair meets the next one: a chain orders more repetitions than the same number
  // of disjoint pairs.
  queue.shift();
  await show();
});
const skip = () => once(async () => {
  shown.slice(-1).forEach(({ which }) => skipped.add(name(which)));
  queue = queue.filter((which) => !skipped.has(name(which)));
  await show();
});
const back = () => once(async () => {
  const last = done.pop();
  if (!last || pairs()) return;
  again = name(last);
  queue.unshift(last);
  await show();
});
const change = () => once(async () => {
  canvases[1].hidden = by("double").hidden = !pairs();
  by("single").hidden = pairs();
  await show();
});

const keys = {
  1: () => judge(true), 0: () => judge(false), s: () => skip(), S: () => skip(), Backspace: () => back(),
  ArrowLeft: () => pairs() && compare("first"), ArrowRight: () => pairs() && compare("second"), ArrowDown: () => pairs() && compare("neither"),
};
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key] || event.target.matches("input")) return;
  if (event.key.startsWith("Arrow") && !pairs()) return;
  event.preventDefault();
  keys[event.key]();
});
const buttons = { good: () => judge(true), bad: () => judge(false), skip, back, first: () => compare("first"), alike: () => compare("neither"), second: () => compare("second"), pass: skip };
for (const id in buttons) by(id).addEventListener("click", buttons[id]);
// An arrow key would move between the two radio buttons: after the choice the keys are for judging.
for (const id of ["one", "two"]) by(id).addEventListener("change", (event) => { event.target.blur(); change(); });
for (const button of document.querySelectorAll("[data-view]")) button.addEventListener("click", () => { view = Number(button.dataset.view); if (shown.length) stand(); });
requestAnimationFrame(step);
change();
