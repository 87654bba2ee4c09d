// Analyses a stored recording again; the result is stored beside the first and opened.
const button = document.getElementById("again"), state = document.getElementById("again-state");

button.addEventListener("click", async () => {
  button.disabled = true;
  state.textContent = "Analysing …";
  try {
    const response = await fetch(`/api/library/analyses/${button.dataset.analysis}/again`, { method: "POST" });
    const result = await response.json().catch(() => ({}));
    if (response.ok && result.changed) {
      location.href = result.url;
      return;
    }
    state.textContent = response.ok
      ? "The result is the same as this one: nothing new is stored."
      : "This was not analysed again: " + (result.error ?? response.status);
  } catch {
    state.textContent = "This was not analysed again: the server does not answer.";
  }
  button.disabled = false;
});
