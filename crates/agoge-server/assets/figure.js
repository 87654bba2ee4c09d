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
