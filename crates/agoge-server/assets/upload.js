// Uploads with progress, and new athletes.
import { say } from "/assets/words.js";

const by = (id) => document.getElementById(id);
const state = (text) => { by("state").textContent = text; };

function send(file) {
  const asked = new URLSearchParams({ name: file.name, movement: by("movement").value });
  for (const id of ["athlete", "height_m", "mass_kg", "sex"]) if (by(id)?.value) asked.set(id, by(id).value);
  const request = new XMLHttpRequest();
  const bar = by("progress");
  bar.hidden = false;
  bar.value = 0;
  state(say("uploading") + " " + file.name);
  request.upload.onprogress = (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; };
  request.upload.onload = () => { bar.removeAttribute("value"); state(say("analysing")); };
  request.onerror = () => { bar.hidden = true; state(say("upload-broken")); };
  request.onload = () => {
    bar.hidden = true;
    let said;
    try { said = JSON.parse(request.responseText); } catch { said = { error: request.responseText }; }
    if (request.status === 200) location.assign(said.url); else state(say("failed", { why: said.error }));
  };
  request.open("POST", "/api/analyses?" + asked);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.send(file);
}

const drop = by("drop");
if (drop) {
  by("file").addEventListener("change", (event) => { if (event.target.files[0]) send(event.target.files[0]); });
  for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.remove("over"); });
  drop.addEventListener("drop", (event) => { if (event.dataTransfer.files[0]) send(event.dataTransfer.files[0]); });
}

by("add")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch("/api/athletes", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name: by("name").value }) });
  if (answer.ok) location.assign((await answer.json()).url); else state(say("failed", { why: await answer.text() }));
});
