// What every page does: tell the time, count up, send forms without leaving the page, keep the session of who is here.

const body = document.body;
export const words = JSON.parse(body.dataset.words);
let skewMs = Number(body.dataset.now) * 1000 - Date.now();

/** The server's time, in ms since 1970: an officer's machine may be wrong. */
export const now = () => Date.now() + skewMs;
export function heardTime(iso) { skewMs = Date.parse(iso) - Date.now(); }

export function toast(text, bad = false) {
  const box = document.createElement("p");
  box.className = bad ? "toast toast--bad" : "toast";
  box.textContent = text;
  document.getElementById("toasts").append(box);
  setTimeout(() => box.remove(), bad ? 9000 : 4000);
}

/** Send a form as our own; returns true if it was taken. A refusal's sentence goes into a toast. */
export async function send(form) {
  const buttons = form.querySelectorAll("button");
  const fields = new FormData(form);
  fields.set("script", "1");
  buttons.forEach((button) => { button.disabled = true; });
  try {
    const answer = await fetch(form.action, { method: "POST", body: fields, headers: { accept: "application/json" } });
    if (answer.ok) return true;
    toast((await answer.json()).message, true);
    return answer.status === 409 || answer.status === 404;
  } catch {
    toast(words.failed, true);
    return false;
  } finally {
    buttons.forEach((button) => { button.disabled = false; });
  }
}

// A file is read here and goes with the form as text: the server takes no uploads.
document.addEventListener("change", async (event) => {
  const { files, form, dataset } = event.target;
  if (dataset.into && files?.length) form.elements[dataset.into].value = await files[0].text();
});

function pad(number) { return String(number).padStart(2, "0"); }

export function elapsed(sinceMs) {
  const seconds = Math.max(Math.round((now() - sinceMs) / 1000), 0);
  const [hour, minute, second] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return hour ? `${hour}:${pad(minute)}:${pad(second)}` : `${pad(minute)}:${pad(second)}`;
}

function tick() {
  for (const time of document.querySelectorAll("[data-since]")) time.textContent = elapsed(Number(time.dataset.since) * 1000);
  const clock = document.getElementById("clock");
  const at = new Date(now());
  if (clock) clock.textContent = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
}
setInterval(tick, 1000);
tick();

// A session ends after a while without a key or the pointer; time that passes by itself does not keep it.
const TOUCH_MS = 60_000;
const WARN_MS = 300_000;
const idleMs = Number(body.dataset.idleS) * 1000;
let touchedAt = Date.now();
let actedAt = Date.now();

function acted() {
  actedAt = Date.now();
  document.getElementById("idle")?.close();
  if (actedAt - touchedAt < TOUCH_MS) return;
  touchedAt = actedAt;
  fetch("/session/touch", { method: "POST", headers: { accept: "application/json" } })
    .then((answer) => { if (answer.status === 401) window.dispatchEvent(new Event("signed-out")); })
    .catch(() => { touchedAt = 0; });
}
for (const kind of ["pointerdown", "pointermove", "keydown", "wheel"]) window.addEventListener(kind, acted, { passive: true });
setInterval(() => {
  const dialog = document.getElementById("idle");
  if (dialog && !dialog.open && Date.now() - actedAt > Math.max(idleMs - WARN_MS, idleMs / 2)) {
    dialog.showModal();
    window.dispatchEvent(new Event("idle-warning"));
  }
}, 5000);
