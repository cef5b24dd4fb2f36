// The technician's page: begins work on the bench, shows how it goes, asks what only a person can say.

import { listen, say } from "./feed.js";
import { post } from "./post.js";

const ENDED = new Set(["passed", "repeat", "out"]);
const find = (selector) => document.querySelector(selector);
const begin = find("[data-begin]");
const work = find("[data-work]");

begin.elements.by.value = sessionStorage.getItem("technician") ?? "";

function tell(sentence) {
  const said = find("[data-said]");
  said.hidden = !sentence;
  said.textContent = sentence ?? "";
}

/** Send an act. What follows from it comes by the feed, in order; an answer shown here could be older than that. */
async function act(path, body) {
  const answer = await post(path, body);
  tell(answer.ok ? "" : answer.sentence);
  return answer.ok;
}

/** Return a typed decimal as a number, null for an empty field, the text itself where it is none: the gate refuses it. */
function decimal(field) {
  const text = field.value.trim().replace(",", ".");
  return text === "" ? null : Number.isFinite(Number(text)) ? Number(text) : text;
}

function start(kind) {
  const fields = begin.elements;
  sessionStorage.setItem("technician", fields.by.value);
  const path = `/technician/instruments/${encodeURIComponent(fields.instrument.value)}/${kind}`;
  const by = fields.by.value;
  act(path, kind === "linearity" ? { by } : kind === "check" ? { by, plate_c: decimal(fields.plate_c) } : {
    by,
    profile: fields.profile.value,
    checked_by: fields.checked_by.value,
    reference_u_c: decimal(fields.reference_u_c),
    reference_certificate: fields.reference_certificate.value,
  });
}

const DOING = {
  check: () => start("check"),
  calibration: () => start("calibration"),
  linearity: () => start("linearity"),
  adjust: () => act("/technician/adjust", { changed: true }),
  leave: () => act("/technician/adjust", { changed: false }),
  abandon: ({ instrument }) => {
    if (!confirm(say("technician.abandon_sure", { instrument }))) return;
    act(`/technician/instruments/${encodeURIComponent(instrument)}/abandon`, { by: begin.elements.by.value });
  },
  stop: () => act("/technician/stop", {}),
};
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  DOING[button?.dataset.do]?.(button.dataset);
});
find("[data-plate]").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = event.target.elements.value;
  if (await act("/technician/plate", { value: field.value })) field.value = "";
});

const fixed = (value, digits = 2) => (value === null ? "–" : value.toFixed(digits));
const signed = (value, digits = 3) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;

function show(view) {
  if (view === null) return;
  work.hidden = false;
  find("[data-idle]").hidden = true;
  work.dataset.stage = view.stage;
  find("[data-stage-word]").textContent = say(`technician.stage.${view.stage}`);
  find("[data-what]").textContent = `${view.instrument} · ${say(`technician.${view.work}`)} · ${view.by}`;
  const refused = find("[data-refused]");
  refused.hidden = !view.refused;
  refused.textContent = view.refused ? say(view.refused, view.values) : "";
  const next = find("[data-next]");
  next.hidden = !view.next;
  next.textContent = view.next ? say(view.next) : "";
  find("[data-progress]").value = view.progress;
  find("[data-overall]").value = view.overall;
  find("[data-plate]").hidden = view.stage !== "plate";
  if (view.stage === "plate") find("[data-ask]").textContent = say("technician.set_plate", { wanted: fixed(view.wanted_c, 1) });
  find("[data-adjust]").hidden = view.stage !== "adjust";
  if (view.stage === "adjust") {
    const { fit } = view;
    find("[data-fit]").textContent = say("technician.fit", { a: signed(fit.a_c), b: signed(fit.b, 4), u: fixed(fit.u_a_c, 3), p: fixed(fit.p_lack_of_fit, 3) });
  }
  find("[data-values]").textContent = `${fixed(view.indicated_c)} / ${fixed(view.apparent_c)} °C`;
  const body = find("[data-body]");
  body.hidden = view.body_c === null;
  if (view.body_c !== null) body.textContent = say("technician.own_body", { body: fixed(view.body_c) });
  find("[data-do=stop]").hidden = ENDED.has(view.stage);
  const paper = find("[data-paper]");
  paper.hidden = !view.certificate;
  if (view.certificate) paper.href = `/technician/certificates/${view.certificate}`;
  const slope = find("[data-slope]");
  slope.hidden = view.slope === null;
  if (view.slope !== null) slope.textContent = say("technician.slope", { slope: fixed(view.slope, 3), u: fixed(view.u_slope, 3), least: fixed(view.limit_c) });
  plot(view.plot);
  points(view);
  if (ENDED.has(view.stage)) duties();
}

/** Draw the last minutes: seconds before now, what the instrument reads, what it should read. */
function plot(values) {
  const svg = find("[data-plot]");
  svg.replaceChildren();
  if (values.length < 2) return;
  const [low, high] = [0.1, -0.1].map((room, end) => Math[end ? "max" : "min"](...values.flatMap(([, a, b]) => [a, b])) - room);
  const first = values[0][0];
  const last = values.at(-1)[0];
  const x = (at) => 30 + ((at - first) / Math.max(last - first, 1e-3)) * 445;
  const y = (value) => 140 - ((value - low) / (high - low)) * 130;
  const line = (of, name) => {
    const shape = document.createElementNS(svg.namespaceURI, "polyline");
    shape.setAttribute("points", values.map((value) => `${x(value[0]).toFixed(1)},${y(value[of]).toFixed(1)}`).join(" "));
    shape.setAttribute("class", name);
    svg.append(shape);
  };
  for (const value of [low, high]) {
    const label = document.createElementNS(svg.namespaceURI, "text");
    label.setAttribute("x", "0");
    label.setAttribute("y", y(value) + (value === high ? 8 : 0));
    label.textContent = value.toFixed(1);
    svg.append(label);
  }
  line(2, "plot__reference");
  line(1, "plot__reading");
}

function points(view) {
  const heads = ["point", "indicated", "error", "sd", ...(view.work === "calibration" ? ["zone"] : [])];
  const tables = ["check", "linearity", "as_found", "as_left"].map((phase) => {
    const rows = view.points.filter((point) => point.phase === phase);
    if (!rows.length) return "";
    const table = document.createElement("table");
    table.dataset.phase = phase;
    table.createCaption().textContent = say(`technician.${phase === "check" ? "sets" : phase}`);
    const head = table.createTHead().insertRow();
    for (const name of heads) head.insertCell().textContent = say(`technician.${name}`);
    const body = table.createTBody();
    for (const point of rows) {
      const row = body.insertRow();
      const cells = [fixed(point.reference_c), fixed(point.indicated_c), signed(point.error_c), fixed(point.sd_c, 3)];
      for (const text of cells) row.insertCell().textContent = text;
      if (point.zone) {
        row.dataset.zone = point.zone;
        row.insertCell().textContent = say(`technician.zone.${point.zone}`);
      }
    }
    return table;
  });
  find("[data-points]").replaceChildren(...tables.filter(Boolean));
}

async function duties() {
  const answer = await fetch("/technician/duties");
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  find("[data-duties]").replaceChildren(...page.body.children);
}

let heard = 0;

/** Look at the bench anew, unless the feed, which is never behind, says something meanwhile. */
async function refresh() {
  const before = heard;
  const answer = await fetch("/technician/state");
  const { bench } = answer.ok ? await answer.json() : { bench: null };
  if (heard === before) show(bench);
  duties();
}

show(JSON.parse(document.getElementById("start").content.textContent));
listen({ bench(view) { heard += 1; show(view); }, strip: duties }, { alive: refresh });
