// The live board: look again when the stream says that something happened, choose a card, decide by key or pointer.

import { refresh } from "./fragment.js";
import { listen } from "./link.js";
import { send } from "./page.js";
import { alarm, pause, play } from "./sound.js";

const board = document.getElementById("board");
const dialog = document.getElementById("dialog");
let chosen = null;

const cards = () => [...board.querySelectorAll(".card")];
const card = () => cards().find((one) => one.dataset.key === chosen) ?? null;
const look = () => refresh(board, settled);

function choose(one, show = true) {
  for (const other of cards()) other.classList.toggle("card--selected", other === one);
  chosen = one?.dataset.key ?? null;
  if (one && show) one.scrollIntoView({ block: "nearest" });
}

/** After every refresh: keep the choice, or fall back to the first card; sound while something waits unheard. */
function settled() {
  choose(card() ?? cards()[0] ?? null, false);
  const waiting = board.querySelectorAll("[data-sounds]").length;
  alarm(waiting > 0);
  const count = document.getElementById("waiting-count").textContent;
  document.title = document.title.replace(/^(\(\d+\) )?/, count === "0" ? "" : `(${count}) `);
}

async function openDecision(link) {
  const answer = await fetch(`${link.href}&fragment=true`, { headers: { accept: "text/html" } });
  if (answer.redirected) { window.dispatchEvent(new Event("signed-out")); return; }
  dialog.innerHTML = await answer.text(); // our own template, escaped by the server
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("input[type=radio]")?.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-decide]");
  const opener = event.target.closest("[data-open]");
  const filler = event.target.closest("[data-fill]");
  const one = event.target.closest(".card");
  if (one) choose(one, false);
  if (link && !event.ctrlKey && !event.metaKey) { event.preventDefault(); openDecision(link); }
  if (opener) document.getElementById(opener.dataset.open).showModal();
  if (filler) dialog.querySelector("textarea").value = filler.dataset.fill;
  if (event.target.closest("[data-close]")) { event.preventDefault(); dialog.close(); }
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.act) return;
  event.preventDefault();
  if (!await send(form)) return;
  if (form.dataset.act === "decide") { dialog.close(); play("done"); }
  look();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest("input, textarea, select")) return;
  const all = cards();
  const place = all.indexOf(card());
  const keys = {
    j: () => choose(all[Math.min(place + 1, all.length - 1)] ?? null),
    k: () => choose(all[Math.max(place - 1, 0)] ?? null),
    a: () => card()?.querySelector("form[data-act=acknowledge]")?.requestSubmit(),
    1: () => card()?.querySelector("[data-decide=release]")?.click(),
    2: () => card()?.querySelector("[data-decide=turn_back]")?.click(),
    3: () => card()?.querySelector("[data-decide=refer]")?.click(),
    o: () => card()?.querySelector("[data-open-alert]")?.click(),
    m: pause,
    "?": () => document.getElementById("keys").showModal(),
  };
  const act = keys[event.key.toLowerCase()] ?? { ArrowDown: keys.j, ArrowUp: keys.k }[event.key];
  if (act) { event.preventDefault(); act(); }
});

window.addEventListener("signed-out", () => { alarm(false); const end = document.getElementById("ended"); if (!end.open) end.showModal(); play("stale"); });
window.addEventListener("idle-warning", () => play("reminder"));
window.addEventListener("line-stale", () => play("stale"));
document.getElementById("ended").addEventListener("cancel", (event) => event.preventDefault());

listen({
  alert: (news) => {
    if (["remind", "overdue", "fail"].includes(news.event)) play("reminder");
    look();
  },
  gate: look,
}, look);
settled();
look();
