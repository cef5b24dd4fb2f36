// The staff window: what arrives on the feed is shown, what staff touch goes to the gate.
import { ask, by, person } from "./dialogs.js";
import { listen, say } from "./feed.js";
import { draw } from "./pictures.js";
import { post } from "./post.js";
import { sound } from "./sound.js";
import { Panel, remember } from "./verdicts.js";

const OVERDUE_S = 180; // an alert without a decision for so long: call the duty officer
const REFRESH_MS = 60; // changes that come together are fetched together

const articles = [...document.querySelectorAll(".lane")];
const panels = new Map(articles.map((article) => [article.dataset.lane, new Panel(article)]));
const recent = document.querySelector(".recent");
const start = JSON.parse(document.getElementById("start").content.textContent);

// ---- what arrives

function hush() {
  if (![...panels.values()].some((panel) => panel.latched)) sound.quiet();
}

listen({
  verdict(verdict) {
    const panel = panels.get(verdict.instrument);
    if (!panel.latched || verdict.kind === "alarm") sound.play(verdict.audit ? "decision" : verdict.kind);
    panel.show(verdict);
    remember(recent, verdict);
  },
  lane(news) { panels.get(news.lane).screening(news.screening, news.reasons, news.instead); },
  taken(news) { panels.get(news.lane).taken(news.passage); hush(); },
  alerts(news) {
    if (news.change === "decided") sound.play("decision");
    refresh("/fragments/alerts");
  },
  strip() { refresh("/fragments/strip"); },
}, {
  alive() { hush(); refresh("/fragments/alerts"); refresh("/fragments/strip"); },
  dead(since) {
    const line = document.querySelector(".cover__since");
    line.textContent = `${line.dataset.sinceWord} ${since.toLocaleTimeString("zh-CN", { hour12: false })}`;
    sound.repeat("dead");
  },
});

for (const verdict of [...start.recent].reverse()) remember(recent, verdict);
for (const lane of start.lanes) {
  const panel = panels.get(lane.id);
  panel.screening(lane.screening, lane.reasons, lane.instead);
  if (lane.latest?.latched) panel.show(lane.latest); else panel.idle();
}
draw(articles, (reason) => say(`reason.${reason}`));

const looking = new Map();

/** Take a fragment in anew. Calls that come while one is fetched are answered by one more fetch: the newest stays. */
async function refresh(path) {
  const underWay = looking.get(path);
  if (underWay) { underWay.again = true; return; }
  const look = { again: true };
  looking.set(path, look);
  while (look.again) {
    await new Promise((done) => setTimeout(done, REFRESH_MS));
    look.again = false;
    await takeIn(path);
  }
  looking.delete(path);
}

async function takeIn(path) {
  const place = document.querySelector(`[data-fragment="${path}"]`);
  try {
    const answer = await fetch(path);
    if (!answer.ok) return;
    const open = place.querySelector("details")?.open;
    place.innerHTML = await answer.text();
    if (open) place.querySelector("details").open = true;
    tick();
    central();
  } catch { /* the gate is away: the page covers itself soon, and everything is fetched again at its return */ }
}

// ---- what goes on by itself

function tick() {
  const now = Date.now();
  document.querySelector(".bar__clock").textContent = new Date(now).toLocaleTimeString("zh-CN", { hour12: false });
  for (const element of document.querySelectorAll("[data-since]")) {
    const waited = Math.max(0, Math.round((now - Date.parse(element.dataset.since)) / 1000));
    element.textContent = say("kiosk.waited", { time: `${Math.floor(waited / 60)}:${String(waited % 60).padStart(2, "0")}` });
    const wait = waited >= OVERDUE_S && element.closest(".card")?.querySelector(".card__wait");
    if (wait) { wait.textContent = wait.dataset.overdue; wait.classList.add("card__wait--overdue"); }
  }
}

function central() {
  const link = document.querySelector("[data-central]");
  const place = document.querySelector(".bar__link");
  place.dataset.central = link?.dataset.central ?? "down";
  place.textContent = place.dataset.central === "up" ? say("kiosk.central.up") : say("kiosk.central.down");
}

function labels() {
  const state = !sound.on ? "off" : sound.unlocked ? "on" : "locked";
  const button = document.querySelector('[data-do="sound"]');
  button.setAttribute("aria-pressed", sound.on);
  button.dataset.state = state;
  button.querySelector("[data-sound]").textContent = say(`kiosk.sound.${state}`);
  const name = document.querySelector("[data-name]");
  name.textContent = person() || name.dataset.nobody;
}
sound.onchange(labels);
document.addEventListener("person", labels);
labels();
tick();
central();
setInterval(tick, 1000);

// ---- what staff do

function laneOf(element) {
  const article = element?.closest?.(".lane");
  return article ? panels.get(article.dataset.lane) : [...panels.values()].find((panel) => panel.shown) ?? null;
}

async function act(path, body) {
  const name = await by();
  if (!name) return;
  const answer = await post(path, { by: name, ...body });
  toast(answer.ok ? answer.sentence : answer.sentence ?? say("kiosk.unanswered"));
}

const DO = {
  taken(element) {
    const panel = laneOf(element);
    if (panel?.passage) act(`/passages/${panel.passage}/taken`, { lane: panel.lane });
  },
  remeasure(element) {
    const card = element?.closest?.(".card");
    const panel = card ? null : laneOf(element);
    const passage = card?.dataset.passage ?? panel?.passage;
    const lane = card?.dataset.instrument ?? panel?.lane;
    if (passage) act(`/passages/${passage}/remeasure`, { lane });
  },
  second(element) {
    const panel = element?.closest?.(".verdict") && laneOf(element);
    if (panel) { ask("second", { passage: panel.passage, alert: panel.verdict.alert ?? "" }); return; }
    const card = element?.closest?.(".card") ?? document.querySelector(".card");
    if (card) ask("second", { passage: card.dataset.passage, alert: card.dataset.alert });
  },
  confirm(element) {
    const card = element?.closest?.(".card") ?? document.querySelector(".card--decided");
    const decision = card?.querySelector("[data-decision-id]")?.dataset.decisionId;
    if (decision) act(`/decisions/${decision}/confirm`, { alert: card.dataset.alert, carried_out: true, remark: "" });
  },
  failed(element) {
    const card = element.closest(".card");
    ask("failed", { decision: card.querySelector("[data-decision-id]").dataset.decisionId, alert: card.dataset.alert });
  },
  async details(element) {
    const passage = element?.dataset?.passage ?? element?.closest?.(".card")?.dataset.passage ?? laneOf(element)?.passage;
    if (!passage) return;
    const answer = await fetch(`/passages/${passage}`);
    if (!answer.ok) { toast(say("kiosk.unanswered")); return; }
    const dialog = ask("details");
    dialog.querySelector("[data-details]").innerHTML = await answer.text();
    dialog.querySelector("[data-explain]").href = `/explain/${passage}`;
  },
  sound() { sound.toggle(); },
  name() { ask("name", { by: person() }); },
  help() { ask("help"); },
  close(element) { element.closest("dialog").close(); },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) DO[button.dataset.do](button);
});

const KEYS = { " ": "taken", r: "remeasure", i: "details", m: "second", d: "confirm", s: "sound", n: "name", "?": "help" };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, dialog")) return;
  const name = KEYS[event.key.toLowerCase()];
  if (!name) return;
  event.preventDefault();
  DO[name](null);
});

document.addEventListener("said", (event) => toast(event.detail));
let toasting = null;
function toast(sentence) {
  if (!sentence) return;
  const place = document.querySelector(".toast");
  place.textContent = sentence;
  place.hidden = false;
  clearTimeout(toasting);
  toasting = setTimeout(() => { place.hidden = true; }, 5000);
}
