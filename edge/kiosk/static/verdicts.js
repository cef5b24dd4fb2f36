// The large verdict of each lane and the list of the latest: colour, shape, word and sound, never colour alone.
// A verdict leaves the panel by itself so that the next person is never shown the last one's; an alarm stays until
// staff have taken the person aside.
import { say, setShape, words } from "./feed.js";
import { sound } from "./sound.js";

const SHOWN_MS = { pass: 4000, amber: 20000, no_result: 9000 };
const AUDIT_MS = 20000; // chance asks staff to measure this person too
const RECENT = 12;

export class Panel {
  constructor(article) {
    this.article = article;
    this.lane = article.dataset.lane;
    this.panel = article.querySelector(".verdict");
    this.verdict = null;
    this.queued = 0;
    this.timer = null;
  }

  get latched() { return this.verdict?.latched ?? false; }
  get passage() { return this.verdict?.passage ?? null; }
  get shown() { return this.panel.dataset.verdict !== "idle"; }

  /** Show a verdict; one that comes while an alarm waits for staff goes to the list and is counted here. */
  show(verdict) {
    if (this.latched && verdict.kind !== "alarm") { this.more(this.queued + 1); return; }
    this.verdict = verdict;
    clearTimeout(this.timer);
    this.panel.dataset.verdict = verdict.kind;
    setShape(this.panel.querySelector(".verdict__shape"), verdict.kind);
    this.text(".verdict__word", say(`verdict.${verdict.kind}`));
    const value = this.panel.querySelector(".verdict__value");
    value.hidden = verdict.value_c === null;
    this.panel.querySelector(".verdict__note").hidden = value.hidden;
    if (!value.hidden) {
      value.querySelector("b").textContent = verdict.value_c.toFixed(1);
      value.querySelector("small").textContent = verdict.plus_minus_c === null ? "" : `±${verdict.plus_minus_c.toFixed(1)}`;
    }
    const reason = verdict.reasons[0];
    this.text(".verdict__reason", reason ? say(`reason.${reason}`) : "");
    const todo = verdict.kind === "no_result" && reason ? `reason.${reason}.staff` : `verdict.${verdict.kind}.staff`;
    const plain = words[todo] ? todo : `verdict.${verdict.kind}.staff`;
    this.text(".verdict__staff", say(verdict.audit ? "kiosk.audit.staff" : plain));
    this.buttons();
    this.more(0);
    if (verdict.latched) sound.repeat(verdict.kind);
    else this.timer = setTimeout(() => this.idle(), verdict.audit ? AUDIT_MS : SHOWN_MS[verdict.kind]);
  }

  /** Staff have the person of that passage. */
  taken(passage) {
    if (this.passage === passage) this.idle();
  }

  idle() {
    clearTimeout(this.timer);
    this.verdict = null;
    this.panel.dataset.verdict = "idle";
    setShape(this.panel.querySelector(".verdict__shape"), "idle");
    this.text(".verdict__word", say("kiosk.idle"));
    for (const part of [".verdict__value", ".verdict__note"]) this.panel.querySelector(part).hidden = true;
    this.text(".verdict__reason", "");
    this.text(".verdict__staff", "");
    this.buttons();
    this.more(0);
  }

  /** Say whether the lane screens, and if not, where people go instead, why, and what staff do. */
  screening(on, reasons, instead) {
    const stopped = this.article.querySelector(".stopped");
    this.article.dataset.screening = on;
    stopped.hidden = on;
    if (on) return;
    const elsewhere = stopped.querySelector(".stopped__instead");
    elsewhere.hidden = instead === null;
    elsewhere.textContent = instead?.length ? say("kiosk.instead", { lanes: instead.join(", ") }) : say("kiosk.instead.nothing");
    stopped.querySelector("ul").replaceChildren(...reasons.map((reason) => {
      const item = document.createElement("li");
      const name = document.createElement("b");
      name.textContent = say(`reason.${reason}`);
      item.append(name, ` ${say(`reason.${reason}.staff`)}`);
      return item;
    }));
  }

  buttons() {
    const kind = this.verdict?.kind;
    this.panel.querySelector('[data-do="taken"]').hidden = !(kind === "alarm" || kind === "amber");
    this.panel.querySelector('[data-do="remeasure"]').hidden = !kind || kind === "pass";
    this.panel.querySelector('[data-do="second"]').hidden = !(kind === "amber" || kind === "no_result" || this.verdict?.audit);
    this.panel.querySelector('[data-do="details"]').hidden = !kind;
  }

  more(count) {
    this.queued = count;
    this.text(".verdict__more", count ? say("kiosk.more", { n: count }) : "");
  }

  text(part, text) {
    const element = this.panel.querySelector(part);
    element.textContent = text;
    element.hidden = !text;
  }
}

/** Put a verdict at the head of the list of the latest. */
export function remember(list, verdict) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.className = `chip chip--${verdict.kind}`;
  button.dataset.do = "details";
  button.dataset.passage = verdict.passage;
  const shape = document.querySelector(".verdict__shape").cloneNode(true);
  shape.setAttribute("class", "shape");
  setShape(shape, verdict.kind);
  const when = new Date(verdict.at).toLocaleTimeString("zh-CN", { hour12: false });
  button.append(shape, ` ${verdict.value_c === null ? "—" : verdict.value_c.toFixed(1)} `);
  const time = document.createElement("time");
  time.textContent = when;
  button.append(time);
  item.append(button);
  list.prepend(item);
  while (list.children.length > RECENT) list.lastElementChild.remove();
}
