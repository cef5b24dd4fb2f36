// The line to central, and the rule that a page which hears nothing must not look alive.

import { heardTime, words } from "./page.js";
import { follow } from "./stream.js";

const SILENCE_MS = 6000;
let heardAt = Date.now();

/** Hear the stream: `handlers` maps event names to functions of the data; `back` runs when the line is there again. */
export function listen(handlers, back) {
  share((message) => {
    if (message.name === "signed_out") { window.dispatchEvent(new Event("signed-out")); return; }
    const wasStale = show("live");
    heardAt = Date.now();
    if (message.name === "heartbeat") heardTime(message.data.at);
    if (message.name === "reset" || wasStale) back();
    handlers[message.name]?.(message.data);
  });
  setInterval(() => { if (Date.now() - heardAt > SILENCE_MS) show("stale"); }, 500);
}

/** One stream for all tabs where the browser has shared workers (phones have none), else one of our own. */
function share(hear) {
  if (!("SharedWorker" in window)) {
    follow(hear, () => true).open();
    return;
  }
  const port = new SharedWorker("/static/worker.js", { type: "module", name: "stream" }).port;
  port.onmessage = ({ data }) => hear(data);
  window.addEventListener("pagehide", () => port.postMessage("bye"));
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); }); // came back after its bye
}

/** Show whether the page is alive; returns whether it was not. */
function show(state) {
  const link = document.getElementById("link");
  const banner = document.getElementById("stale");
  const before = link?.dataset.link;
  if (before === state) return false;
  if (link) { link.dataset.link = state; link.lastElementChild.textContent = words[state]; }
  if (banner) {
    banner.hidden = state !== "stale";
    if (state === "stale") document.getElementById("stale-since").textContent = new Date(heardAt).toTimeString().slice(0, 8);
  }
  document.body.classList.toggle("is-stale", state === "stale");
  window.dispatchEvent(new Event(`line-${state}`));
  return before === "stale";
}
