// Sends the token: typed, or taken from the address behind "#", which browsers never send to a
// server.
import { say } from "/assets/words.js";

const by = (id) => document.getElementById(id);

async function give(token) {
  const answer = await fetch("/api/enter", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token }) });
  if (answer.ok) location.replace("/");
  else by("state").textContent = answer.status === 429 ? say("token-limit") : say("wrong-token");
}

by("enter").addEventListener("submit", (event) => { event.preventDefault(); give(by("token").value); });
const brought = location.hash.slice(1);
if (brought) {
  history.replaceState(null, "", "/enter");
  give(brought);
}
