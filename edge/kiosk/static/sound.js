// Sounds made on the spot (Web Audio): no files, and a different one for each verdict, so that staff need not look.
// Browsers keep silent until somebody touches the page; `unlocked` tells the page whether that has happened.

const TONES = { // [frequency in Hz, start in s, length in s, gain]
  pass: [[1320, 0, 0.09, 0.15]],
  amber: [[740, 0, 0.16, 0.4], [740, 0.24, 0.16, 0.4]],
  alarm: [[988, 0, 0.22, 0.9], [740, 0.24, 0.22, 0.9], [988, 0.48, 0.22, 0.9], [740, 0.72, 0.3, 0.9]],
  no_result: [[330, 0, 0.16, 0.35], [262, 0.18, 0.24, 0.35]],
  decision: [[523, 0, 0.14, 0.5], [659, 0.15, 0.14, 0.5], [784, 0.3, 0.26, 0.5]],
  dead: [[440, 0, 0.5, 0.9], [392, 0.55, 0.5, 0.9]],
};
const REPEAT_MS = 3000;

let context = null;
let on = localStorage.getItem("sound") !== "off";
let repeating = null;
const changed = new Set();

export const sound = {
  get on() { return on; },
  get unlocked() { return context !== null && context.state === "running"; },
  onchange(act) { changed.add(act); },
  toggle() {
    on = !on;
    localStorage.setItem("sound", on ? "on" : "off");
    changed.forEach((act) => act());
  },
  play(name) {
    if (!on || !this.unlocked) return;
    for (const [frequency, start, length, gain] of TONES[name] ?? []) tone(frequency, context.currentTime + start, length, gain);
  },
  /** Play a sound now and again until `quiet`; an alarm must not be missed because somebody looked away. */
  repeat(name) {
    if (repeating?.name === name) return;
    this.quiet();
    this.play(name);
    repeating = { name, timer: setInterval(() => this.play(name), REPEAT_MS) };
  },
  quiet() {
    if (repeating) clearInterval(repeating.timer);
    repeating = null;
  },
};

function tone(frequency, at, length, gain) {
  const source = context.createOscillator();
  const level = context.createGain();
  source.type = "triangle";
  source.frequency.value = frequency;
  level.gain.setValueAtTime(0, at);
  level.gain.linearRampToValueAtTime(gain, at + 0.01);
  level.gain.setValueAtTime(gain, at + length - 0.03);
  level.gain.linearRampToValueAtTime(0, at + length);
  source.connect(level).connect(context.destination);
  source.start(at);
  source.stop(at + length);
}

async function unlock() {
  context ??= new AudioContext();
  await context.resume();
  changed.forEach((act) => act());
}
for (const kind of ["pointerdown", "keydown"]) window.addEventListener(kind, unlock, { once: true, capture: true });
// A kiosk browser started with --autoplay-policy=no-user-gesture-required needs no touch.
if (navigator.getAutoplayPolicy?.("audiocontext") === "allowed") unlock();
