// Sounds made on the spot (Web Audio), no files. Browsers keep silent until somebody touches the page: the button says so.
// A pause always ends by itself, so that nobody goes home with the board silenced.

import { words } from "./page.js";

const TONES = { // [frequency in Hz, start in s, length in s]
  alarm: [[988, 0, 0.2], [740, 0.22, 0.2], [988, 0.44, 0.2], [740, 0.66, 0.28]],
  reminder: [[660, 0, 0.16], [660, 0.24, 0.16]],
  stale: [[440, 0, 0.45], [330, 0.5, 0.45]],
  done: [[660, 0, 0.1], [880, 0.12, 0.16]],
};
const REPEAT_MS = 3000;
const PAUSE_MS = 60_000;

let context = null;
let pausedUntil = 0;
let repeating = null;
const button = document.getElementById("sound");

const unlocked = () => context?.state === "running";
const paused = () => Date.now() < pausedUntil;

export function play(name) {
  if (!unlocked() || paused()) return;
  for (const [frequency, start, length] of TONES[name]) tone(frequency, context.currentTime + start, length);
}

/** Sound an alarm again and again while it is wanted. */
export function alarm(wanted) {
  if (wanted && !repeating) {
    play("alarm");
    repeating = setInterval(() => play("alarm"), REPEAT_MS);
  } else if (!wanted && repeating) {
    clearInterval(repeating);
    repeating = null;
  }
}

export function pause() {
  if (!unlocked()) { unlock(); return; }
  pausedUntil = paused() ? 0 : Date.now() + PAUSE_MS;
  show();
}

function tone(frequency, at, length) {
  const source = context.createOscillator();
  const level = context.createGain();
  source.type = "triangle";
  source.frequency.value = frequency;
  level.gain.setValueAtTime(0, at);
  level.gain.linearRampToValueAtTime(0.7, at + 0.01);
  level.gain.setValueAtTime(0.7, at + length - 0.03);
  level.gain.linearRampToValueAtTime(0, at + length);
  source.connect(level).connect(context.destination);
  source.start(at);
  source.stop(at + length);
}

function show() {
  const state = !unlocked() ? "locked" : paused() ? "paused" : "on";
  button.dataset.sound = state;
  button.lastElementChild.textContent = words[`sound_${state}`];
}

async function unlock() {
  context ??= new AudioContext();
  await context.resume();
  show();
}
for (const kind of ["pointerdown", "keydown"]) window.addEventListener(kind, unlock, { once: true, capture: true });
button.addEventListener("click", pause);
setInterval(show, 1000);
show();
