// The progress of a job, read every second; once it has ended, the page is loaded with its result.
const job = document.getElementById("job");
const bar = job.querySelector("progress");
const PAUSE = 1000, PATIENCE = 10000;
const open = new Set(["waiting", "running", "cancelling"]);

async function look() {
  try {
    const response = await fetch(job.dataset.address);
    const entry = await response.json();
    if (!open.has(entry.state) || entry.state !== job.querySelector("[data-state]").dataset.state) {
      location.reload();
      return;
    }
    const step = job.querySelector("[data-step]"), text = entry.step?.[job.dataset.lang] ?? "";
    if (step.textContent !== text) step.textContent = text;
    if (entry.fraction === null) bar.removeAttribute("value");
    else bar.value = entry.fraction;
  } catch {
    // The site is being restarted, or the network is away: look again later.
    setTimeout(look, PATIENCE);
    return;
  }
  setTimeout(look, PAUSE);
}
setTimeout(look, PAUSE);
