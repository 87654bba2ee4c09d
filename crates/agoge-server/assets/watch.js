// The live page: frames out, events in.
import { draw } from "/assets/figure.js";
import { say } from "/assets/words.js";

const by = (id) => document.getElementById(id);
const canvas = by("figure");
let socket, timer, stream, bones = [], times = [];

const words = (name) => name.replaceAll("_", " ");
const state = (text) => { by("state").textContent = text; };
const units = { deg: "°", m: " m", trunk: " trunk lengths" };

function stop() {
  clearInterval(timer);
  removeEventListener("devicemotion", felt);
  if (socket?.readyState === 1 && !stream) socket.send(JSON.stringify({ end: true }));
  else socket?.close();
  stream?.getTracks().forEach((track) => track.stop());
  stream = undefined;
  by("video").hidden = true;
  by("stop").disabled = true;
}

function fresh() {
  stop();
  times = [];
  by("count").textContent = "0";
  by("attempts").textContent = say("no-attempts");
  by("log").replaceChildren();
  for (const id of ["cue", "phase", "latency"]) by(id).textContent = "–";
  for (const id of ["why", "metric"]) by(id).textContent = "";
  by("stop").disabled = false;
}

function hear(event) {
  if (event.latency_ms !== undefined) {
    times.push(event.latency_ms);
    if (times.length > 600) times.shift();
    if (times.length % 15 === 0) {
      const sorted = [...times].sort((a, b) => a - b);
      const at = (share) => sorted[Math.floor((sorted.length - 1) * share)].toFixed(1);
      by("latency").textContent = say("latency", { median: at(0.5), tail: at(0.99) });
    }
  }
  switch (event.event) {
    case "ready": bones = event.bones; break;
    case "movement": state(event.title + (event.how === "given" ? "" : " (" + event.how + ")")); break;
    case "metric":
      // A worn sensor is drawn as a swinging limb.
      if (event.name === "sensor_tilt" && event.value !== null) draw(canvas, [[0, 0], [Math.sin(event.value * Math.PI / 180), Math.cos(event.value * Math.PI / 180)]], [[0, 1]], [-1.3, -1.3, 1.3, 1.3]);
      if (event.value !== null) by("metric").textContent = words(event.name) + " " + event.value.toFixed(event.unit === "deg" ? 0 : 2) + (units[event.unit] ?? "");
      break;
    case "phase": by("phase").textContent = words(event.name); break;
    case "pose": draw(canvas, event.joints.map((p) => (p[2] > 0.3 ? p : null)), bones, [0, 0, ...event.size]); break;
    case "cue":
      by("cue").textContent = event.text;
      by("why").textContent = event.title;
      if (by("speech").checked && "speechSynthesis" in window) speechSynthesis.speak(new SpeechSynthesisUtterance(event.text));
      break;
    case "repetition": {
      by("count").textContent = event.completed;
      by("attempts").textContent = event.attempted === 0 ? say("no-attempts") : event.attempted === 1 ? say("one-attempt") : say("attempts", { count: event.attempted });
      by("phase").textContent = say("rest");
      const line = document.createElement("li");
      // completed, attempted, interrupted or unlike
      line.textContent = say("outcome-" + event.outcome) + ", " + (event.end_s - event.start_s).toFixed(1) + " s";
      by("log").append(line);
      break;
    }
    case "error": state(event.what); break;
  }
}

function connect(path, hello, opened) {
  socket = new WebSocket((location.protocol === "https:" ? "wss://" : "ws://") + location.host + path);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => { socket.send(JSON.stringify(hello)); opened(); };
  socket.onmessage = (message) => hear(JSON.parse(message.data));
  socket.onclose = () => { clearInterval(timer); by("stop").disabled = true; };
  socket.onerror = () => state(say("connection-broken"));
}

by("stop").addEventListener("click", stop);

by("simulated").addEventListener("click", async () => {
  fresh();
  by("note").hidden = false;
  const { hello, frames, rate_hz } = await (await fetch("/api/simulated")).json();
  // The athlete faces x: seen from the side and a little from the front.
  const seen = (p) => p && [p[0] * 0.87 + p[2] * 0.5, -p[1]];
  connect("/live", hello, () => {
    let next = 0;
    timer = setInterval(() => {
      if (next === frames.length) return stop();
      const frame = frames[next++];
      draw(canvas, frame.joints.map(seen), bones, [-1.2, -2.1, 1.2, 0.1]);
      socket.send(JSON.stringify(frame));
    }, 1000 / rate_hz);
  });
});

// The device's motion sensor, at its own rate: accelerations including gravity in m/s², angular
// velocities in degrees per second about its x, y and z.
let begun;
function felt(event) {
  const { accelerationIncludingGravity: a, rotationRate: w } = event;
  if (!a || !w || a.x === null || w.beta === null || socket?.readyState !== 1 || socket.bufferedAmount > 100000) return;
  begun ??= event.timeStamp;
  by("note").hidden = true;
  socket.send(JSON.stringify({ t: (event.timeStamp - begun) / 1000, sensor: [[a.x, a.y, a.z, w.beta, w.gamma, w.alpha]] }));
}
by("worn").addEventListener("click", async () => {
  fresh();
  by("note").hidden = true;
  // Some devices ask for permission first.
  if (await globalThis.DeviceMotionEvent?.requestPermission?.().catch(() => "denied") === "denied" || !globalThis.DeviceMotionEvent || !isSecureContext) {
    by("stop").disabled = true;
    return state(say("no-sensor"));
  }
  begun = undefined;
  // Devices give sixty samples a second, or as many as they can.
  connect("/live", { sensor: { part: "sensor", rate_hz: 60 } }, () => {
    addEventListener("devicemotion", felt);
    state(say("stand-still"));
  });
});

by("camera").addEventListener("click", async () => {
  fresh();
  by("note").hidden = true;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480, frameRate: 30 } });
  } catch (error) {
    by("stop").disabled = true;
    return state(say("camera-failed", { why: error.message }));
  }
  const video = by("video");
  video.srcObject = stream;
  video.hidden = false;
  await video.play();
  const picture = document.createElement("canvas");
  [picture.width, picture.height] = [video.videoWidth, video.videoHeight];
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  // A portrait picture is shown whole.
  canvas.parentElement.style.maxWidth = `${80 * canvas.width / canvas.height}vh`;
  const pen = picture.getContext("2d");
  const begin = performance.now();
  let busy = false;
  connect("/live/camera", { movement: by("movement").value }, () => {
    timer = setInterval(() => {
      // Pictures that the network cannot take in time are not sent.
      if (busy || socket.readyState !== 1 || socket.bufferedAmount > 300000) return;
      busy = true;
      pen.drawImage(video, 0, 0);
      const t = (performance.now() - begin) / 1000;
      picture.toBlob(async (blob) => {
        busy = false;
        if (!blob || socket.readyState !== 1) return;
        const jpeg = new Uint8Array(await blob.arrayBuffer());
        const bytes = new Uint8Array(8 + jpeg.length);
        new DataView(bytes.buffer).setFloat64(0, t, true);
        bytes.set(jpeg, 8);
        socket.send(bytes);
      }, "image/jpeg", 0.8);
    }, 1000 / 30);
  });
});
