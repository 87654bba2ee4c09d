// The direction a figure of the server faces: the line from the left to the right hip, turned.
export function facing(figure) {
  const left = 3 * figure.parts.indexOf("left_hip"), right = 3 * figure.parts.indexOf("right_hip");
  const row = figure.three && left >= 0 && right >= 0 && figure.positions.find((p) => p[left] !== null && p[right] !== null);
  return row ? Math.atan2(row[right] - row[left], row[right + 2] - row[left + 2]) : 0;
}
// Its joints in a frame, projected as seen from an angle in degrees from the front; `turn` is the
// direction it faces.
export function seen(figure, frame, view) {
  const row = figure.positions[frame], width = figure.three ? 3 : 2, a = view * Math.PI / 180;
  return figure.parts.map((_, part) => {
    const i = part * width;
    if (row[i] === null) return null;
    if (!figure.three) return [row[i], -row[i + 1]];
    const forward = Math.cos(figure.turn) * row[i] - Math.sin(figure.turn) * row[i + 2], across = Math.sin(figure.turn) * row[i] + Math.cos(figure.turn) * row[i + 2];
    return [Math.sin(a) * forward - Math.cos(a) * across, -row[i + 1]];
  });
}
// The bounding box of some joints, with a margin.
export function box(joints) {
  const known = joints.filter((p) => p), [x, y] = [0, 1].map((k) => known.map((p) => p[k])), more = 0.06;
  const low = [Math.min(...x), Math.min(...y)], high = [Math.max(...x), Math.max(...y)];
  return [low[0] - more * (high[0] - low[0]), low[1] - more * (high[1] - low[1]), high[0] + more * (high[0] - low[0]), high[1] + more * (high[1] - low[1])];
}
// Draws a stick figure: joints [x, y] in any unit, y as given by `up`, bones as pairs of joints.
export function draw(canvas, joints, bones, box) {
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, canvas.width, canvas.height);
  const style = getComputedStyle(document.documentElement);
  const seen = joints.filter((p) => p);
  if (!seen.length) return;
  const scale = Math.min(canvas.width / (box[2] - box[0]), canvas.height / (box[3] - box[1]));
  const dx = (canvas.width - scale * (box[2] - box[0])) / 2, dy = (canvas.height - scale * (box[3] - box[1])) / 2;
  const at = (p) => [dx + scale * (p[0] - box[0]), dy + scale * (p[1] - box[1])];
  pen.strokeStyle = style.getPropertyValue("--accent");
  pen.fillStyle = style.getPropertyValue("--ink");
  pen.lineWidth = 5;
  pen.lineCap = "round";
  for (const [a, b] of bones) {
    if (!joints[a] || !joints[b]) continue;
    pen.beginPath();
    pen.moveTo(...at(joints[a]));
    pen.lineTo(...at(joints[b]));
    pen.stroke();
  }
  for (const p of seen) {
    pen.beginPath();
    pen.arc(...at(p), 4, 0, 7);
    pen.fill();
  }
}
