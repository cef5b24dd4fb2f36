// What opens over the staff window: who is on duty, the second measurement, why a decision could not be carried out.
import { say } from "./feed.js";
import { post } from "./post.js";

const NAME = "name";
let waiting = null; // who asked for the name

export function person() { return localStorage.getItem(NAME) ?? ""; }

/** Return the name of whoever is on duty; asks for it if nobody has said. Null if the question was closed. */
export async function by() {
  if (person()) return person();
  ask("name");
  return new Promise((answer) => { waiting = answer; });
}

/** Open a dialog with some of its fields filled in. */
export function ask(id, values = {}) {
  const dialog = document.getElementById(id);
  const form = dialog.querySelector("form");
  if (form) {
    form.reset();
    for (const choice of form.querySelectorAll(".choice")) choice.classList.remove("choice--chosen");
    const error = form.querySelector(".dialog__error");
    if (error) error.hidden = true;
    for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
    if (id === "second") recall(form);
  }
  if (!dialog.open) dialog.showModal();
  return dialog;
}

function recall(form) {
  const last = localStorage.getItem("thermometer");
  const choices = [...form.querySelectorAll('[data-choose="thermometer"]')];
  const known = choices.find((choice) => choice.dataset.value === last) ?? choices[0];
  if (known) choose(known);
  else if (last) form.elements.thermometer.value = last;
  if (!form.elements.scale.value) choose(form.querySelector('[data-choose="scale"]'));
}

/** A choice was touched: fill its field in. */
export function choose(choice) {
  const form = choice.closest("form");
  const field = form.elements[choice.dataset.choose];
  field.value = choice.dataset.value;
  for (const sibling of form.querySelectorAll(`[data-choose="${choice.dataset.choose}"]`)) {
    sibling.classList.toggle("choice--chosen", sibling === choice);
  }
  const scale = choice.dataset.scale && form.querySelector(`[data-choose="scale"][data-value="${choice.dataset.scale}"]`);
  if (scale) choose(scale);
}

/** A key of the on-screen pad was touched. */
export function type(key) {
  const field = key.closest("form").elements.value;
  field.value = key.dataset.key === "back" ? field.value.slice(0, -1) : (field.value + key.dataset.key).slice(0, 6);
}

async function send(form, path, body) {
  const button = form.querySelector('[value="save"]');
  button.disabled = true;
  const answer = await post(path, body);
  button.disabled = false;
  if (answer.ok) {
    form.closest("dialog").close();
    document.dispatchEvent(new CustomEvent("said", { detail: answer.sentence }));
    return;
  }
  const error = form.querySelector(".dialog__error");
  error.textContent = answer.sentence ?? say("kiosk.unanswered");
  error.hidden = false;
}

const SAVE = {
  async name(form) {
    const name = form.elements.by.value.trim();
    if (!name) return;
    localStorage.setItem(NAME, name);
    form.closest("dialog").close();
    document.dispatchEvent(new Event("person"));
    waiting?.(name);
    waiting = null;
  },
  async second(form) {
    const name = await by();
    if (!name) return;
    const field = form.elements;
    localStorage.setItem("thermometer", field.thermometer.value);
    await send(form, `/passages/${field.passage.value}/second`, {
      by: name, alert: field.alert.value || null, value: field.value.value,
      scale: field.scale.value, thermometer: field.thermometer.value,
    });
  },
  async failed(form) {
    const name = await by();
    if (!name) return;
    const field = form.elements;
    await send(form, `/decisions/${field.decision.value}/confirm`, {
      by: name, alert: field.alert.value, carried_out: false, remark: field.remark.value,
    });
  },
};

document.addEventListener("submit", (event) => {
  const save = SAVE[event.target.dataset.form];
  if (!save) return;
  event.preventDefault();
  if (event.submitter?.value === "save" || !event.submitter) save(event.target);
});
document.getElementById("name").addEventListener("close", () => { waiting?.(null); waiting = null; });
document.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-choose]");
  if (choice) choose(choice);
  const key = event.target.closest("[data-key]");
  if (key) type(key);
});
