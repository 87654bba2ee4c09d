// The moving figure and the curve beside it; both follow one time.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const figure = document.getElementById("figure");
  if (!figure || !data.time.length) return;
  const slider = document.getElementById("time"), clock = document.getElementById("clock"), where = document.getElementById("where");
  const play = document.getElementById("play"), speed = document.getElementById("speed");
  const curve = document.getElementById("curve"), pick = document.getElementById("pick"), track = document.getElementById("track");
  const last = data.time.length - 1, begin = data.time[0], length = Math.max(data.time[last] - begin, 1e-6);
  const color = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const sideOf = name => name.startsWith("left_") ? "--left" : name.startsWith("right_") ? "--right" : "--middle";
  let frame = 0, view = 20, marked = "", playing = false;
  slider.max = last;

  // The figure's frame of reference: the middle and size of everything, so that it neither jumps nor grows.
  const width = data.three ? 3 : 2, flat = data.positions.flat();
  const axis = k => flat.filter((v, i) => i % width === k && v !== null).sort((a, b) => a - b);
  const range = values => values.length ? [values[Math.floor(values.length * 0.005)], values[Math.ceil(values.length * 0.995) - 1]] : [0, 1];
  const spans = [0, 1, 2].slice(0, width).map(k => range(axis(k)));
  const middle = spans.map(([a, b]) => (a + b) / 2);
  const across = data.three ? Math.hypot(spans[0][1] - spans[0][0], spans[2][1] - spans[2][0]) : spans[0][1] - spans[0][0];
  // An athlete who travels far is followed; otherwise the picture stands still.
  const extents = data.positions.map(row => [0, width - 1].map(k => { const v = row.filter((w, i) => i % width === k && w !== null); return v.length ? [Math.min(...v), Math.max(...v)] : null; }));
  const widths = extents.filter(e => e[0] && e[1]).map(e => Math.hypot(e[0][1] - e[0][0], data.three ? e[1][1] - e[1][0] : 0)).sort((a, b) => a - b);
  const own = widths.length ? widths[Math.floor(widths.length * 0.95)] : across;
  const tall = spans[1][1] - spans[1][0], follow = across > 2.5 * Math.max(own, tall);
  const size = Math.max(tall, follow ? own : across, 1) * 1.15;
  function centre(frame) {
    if (!follow) return middle;
    let i = frame;
    while (i > 0 && !(extents[i][0] && extents[i][1])) i--;
    return middle.map((m, k) => { const e = k === 1 ? null : extents[i][k ? 1 : 0]; return e ? (e[0] + e[1]) / 2 : m; });
  }
  // Facing: from the left to the right hip, turned; so that "front" is the athlete's front.
  let facing = 0;
  const left = data.parts.indexOf("left_hip"), right = data.parts.indexOf("right_hip");
  if (data.three && left >= 0 && right >= 0) {
    const row = data.positions.find(p => p[3 * left] !== null && p[3 * right] !== null);
    if (row) facing = Math.atan2(row[3 * right] - row[3 * left], row[3 * right + 2] - row[3 * left + 2]);
  }
  function project(row, part, at) {
    const i = part * width;
    if (row[i] === null) return null;
    let x = row[i] - at[0];
    if (data.three) {
      const z = row[i + 2] - at[2], a = view * Math.PI / 180;
      const forward = Math.cos(facing) * x - Math.sin(facing) * z, side = Math.sin(facing) * x + Math.cos(facing) * z;
      x = Math.sin(a) * forward - Math.cos(a) * side;
    }
    const scale = Math.min(figure.width, figure.height) / size;
    return [figure.width / 2 + x * scale, figure.height / 2 - (row[i + 1] - at[1]) * scale];
  }
  function drawFigure() {
    const g = figure.getContext("2d"), row = data.positions[frame];
    g.clearRect(0, 0, figure.width, figure.height);
    const at = centre(frame), points = data.parts.map((_, part) => project(row, part, at));
    g.lineCap = "round";
    for (const [a, b] of data.bones) {
      if (!points[a] || !points[b]) continue;
      g.strokeStyle = color(sideOf(data.parts[b]));
      g.lineWidth = 5;
      g.beginPath(); g.moveTo(...points[a]); g.lineTo(...points[b]); g.stroke();
    }
    points.forEach((point, part) => {
      if (!point) return;
      const on = data.parts[part] === marked;
      g.fillStyle = on ? color("--warn") : color("--ink");
      g.beginPath(); g.arc(point[0], point[1], on ? 11 : 3.2, 0, 7); g.fill();
    });
  }

  const names = [...new Set(data.curves.map(c => c.name))];
  const title = name => { const words = name.replaceAll("_", " "); return words[0].toUpperCase() + words.slice(1); };
  if (pick) for (const name of names) pick.add(new Option(title(name), name));
  const room = [46, 10, 30, 24];
  function drawCurve() {
    if (!curve) return;
    const chosen = data.curves.filter(c => c.name === pick.value), g = curve.getContext("2d");
    const w = curve.width, h = curve.height, known = chosen.flatMap(c => c.values).filter(v => v !== null);
    g.clearRect(0, 0, w, h);
    g.font = "13px system-ui, sans-serif";
    if (!known.length) return;
    let low = known.reduce((a, b) => Math.min(a, b)), high = known.reduce((a, b) => Math.max(a, b));
    if (high - low < 1e-6) { low -= 1; high += 1; }
    const x = t => room[0] + (w - room[0] - room[1]) * (t - begin) / length, y = v => room[2] + (h - room[2] - room[3]) * (high - v) / (high - low);
    g.fillStyle = color("--paper");
    for (const r of data.repetitions) g.fillRect(x(r.from), room[2], x(r.to) - x(r.from), h - room[2] - room[3]);
    const rough = (high - low) / 4, power = 10 ** Math.floor(Math.log10(rough)), step = [1, 2, 5, 10].map(m => m * power).find(s => s >= rough);
    g.fillStyle = color("--soft"); g.strokeStyle = color("--line"); g.lineWidth = 1;
    for (let v = Math.ceil(low / step) * step; v <= high; v += step) {
      g.beginPath(); g.moveTo(room[0], y(v)); g.lineTo(w - room[1], y(v)); g.stroke();
      g.textAlign = "right"; g.fillText(+v.toFixed(3) + (chosen[0].unit === "°" ? "°" : ""), room[0] - 6, y(v) + 4);
    }
    g.textAlign = "left"; g.fillText(begin.toFixed(0) + " s", room[0], h - 6);
    g.textAlign = "right"; g.fillText((begin + length).toFixed(1) + " s", w - room[1], h - 6);
    for (const c of chosen) {
      g.strokeStyle = color(c.side ? "--" + c.side : "--middle"); g.lineWidth = 2;
      g.beginPath();
      let pen = false;
      c.values.forEach((v, i) => { if (v === null) { pen = false; return; } pen ? g.lineTo(x(data.time[i]), y(v)) : g.moveTo(x(data.time[i]), y(v)); pen = true; });
      g.stroke();
    }
    g.strokeStyle = color("--ink"); g.lineWidth = 1;
    g.beginPath(); g.moveTo(x(data.time[frame]), room[2]); g.lineTo(x(data.time[frame]), h - room[3]); g.stroke();
    g.fillStyle = color("--ink"); g.textAlign = "left";
    g.fillText(chosen.filter(c => c.values[frame] !== null).map(c => (c.side ? c.side + " " : "") + c.values[frame] + " " + c.unit).join("   "), room[0], 18);
  }

  for (const r of data.repetitions) {
    const parts = r.phases.length && r.complete ? r.phases : [{ name: "", from: r.from, to: r.to }];
    parts.forEach((phase, i) => {
      const box = document.createElement("div");
      box.className = r.complete ? (i ? "later" : "") : "attempt";
      box.style.left = 100 * (phase.from - begin) / length + "%";
      box.style.width = 100 * (phase.to - phase.from) / length + "%";
      box.title = `repetition ${r.number} ${phase.name}`.trim();
      if (!i) box.textContent = r.number;
      track.append(box);
    });
  }
  function show(to) {
    frame = Math.max(0, Math.min(last, to));
    slider.value = frame;
    const t = data.time[frame];
    clock.textContent = t.toFixed(2) + " s";
    const r = data.repetitions.find(r => r.from <= t && t <= r.to), phase = r && r.phases.find(p => p.from <= t && t <= p.to);
    where.textContent = r ? (r.complete ? "Repetition " : "Attempt ") + r.number + (phase ? ", " + phase.name.replaceAll("_", " ") : "") : "Between repetitions";
    drawFigure(); drawCurve();
  }
  let from = 0, at = 0;
  function step(now) {
    if (!playing) return;
    const t = at + (now - from) / 1000 * Number(speed.value);
    if (t >= data.time[last]) { show(last); stop(); return; }
    let i = frame;
    while (i < last && data.time[i + 1] <= t) i++;
    show(i);
    requestAnimationFrame(step);
  }
  function stop() { playing = false; play.textContent = "Play"; }
  function start() { if (frame === last) show(0); playing = true; play.textContent = "Pause"; from = performance.now(); at = data.time[frame]; requestAnimationFrame(step); }
  play.addEventListener("click", () => playing ? stop() : start());
  speed.addEventListener("change", () => { if (playing) { from = performance.now(); at = data.time[frame]; } });
  slider.addEventListener("input", () => { stop(); show(Number(slider.value)); });
  if (curve) {
    pick.addEventListener("change", drawCurve);
    curve.addEventListener("click", event => {
      const box = curve.getBoundingClientRect(), px = (event.clientX - box.left) * curve.width / box.width;
      const t = begin + (px - room[0]) / (curve.width - room[0] - room[1]) * length;
      stop(); show(data.time.findIndex(v => v >= t));
    });
  }
  for (const button of document.querySelectorAll("[data-view]")) button.addEventListener("click", () => { view = Number(button.dataset.view); drawFigure(); });
  let grip = null;
  figure.addEventListener("pointerdown", event => { if (data.three) { grip = [event.clientX, view]; figure.setPointerCapture(event.pointerId); } });
  figure.addEventListener("pointermove", event => { if (grip) { view = grip[1] + (event.clientX - grip[0]) / 2; drawFigure(); } });
  figure.addEventListener("pointerup", () => { grip = null; });
  function mark(card) {
    document.querySelectorAll(".card").forEach(other => other.classList.toggle("on", other === card));
    marked = card.dataset.part;
    if (pick && names.includes(card.dataset.curve)) pick.value = card.dataset.curve;
    show(frame);
  }
  function press(element, what) {
    element.addEventListener("click", what);
    element.addEventListener("keydown", event => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); what(); } });
  }
  for (const card of document.querySelectorAll(".card")) press(card, () => mark(card));
  for (const still of document.querySelectorAll("[data-frame]")) press(still, () => { stop(); show(Number(still.dataset.frame)); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show(frame));
  // Begin at the first repetition's turn: a posture says more than standing still.
  const first = data.repetitions.find(r => r.complete);
  const turn = first ? (first.phases.length > 1 ? first.phases[0].to : (first.from + first.to) / 2) : begin;
  const card = document.querySelector(".card");
  frame = Math.max(0, data.time.findIndex(t => t >= turn));
  if (card) mark(card); else show(frame);
})();
