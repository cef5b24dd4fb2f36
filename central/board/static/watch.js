// Pages that follow something without acting on it: one alert (load again when it moved), gates (take in new values).

import { refresh } from "./fragment.js";
import { listen } from "./link.js";

const CALM_MS = 2000;
const live = document.getElementById("live");
const alert = document.getElementById("alert");
let due = null;

/** Look again, at most every two seconds: health comes from every gate every ten. */
function look() {
  if (!live) return;
  due ??= setTimeout(() => { due = null; refresh(live); }, CALM_MS);
}

listen({
  alert: (news) => { if (alert?.dataset.watchAlert === news.alert) location.reload(); else look(); },
  gate: look,
  health: (news) => { if (!live?.dataset.watchGate || live.dataset.watchGate === news.gate) look(); },
}, () => { if (alert) location.reload(); else look(); });
window.addEventListener("signed-out", () => location.assign("/login"));
