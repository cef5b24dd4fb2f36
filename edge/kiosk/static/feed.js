// The line to the gate's process, and the rule that a page which hears nothing must not look alive.
// Any event counts as a sign of life; heartbeats come every 2 s. After SILENCE_MS the page covers itself.

const SILENCE_MS = 6000;
const body = document.body;

/** Open the numbered feed. `handlers` maps event names to functions of the parsed data; `alive` runs at every return. */
export function listen(handlers, { alive = () => {}, dead = () => {} } = {}) {
  let lastHeard = performance.now();
  let lastId = body.dataset.lastEvent;
  let source = null;

  function heard(event) {
    lastHeard = performance.now();
    if (event.lastEventId) lastId = event.lastEventId;
    if (!body.classList.contains("alive")) {
      body.classList.remove("connecting", "dead");
      body.classList.add("alive");
      alive();
    }
  }

  function open() {
    source = new EventSource(`/feed?last_id=${lastId}`);
    source.addEventListener("heartbeat", (event) => {
      if (JSON.parse(event.data).boot !== body.dataset.boot) { location.reload(); return; }
      heard(event);
    });
    source.addEventListener("reset", () => location.reload());
    for (const [name, act] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => { heard(event); act(JSON.parse(event.data)); });
    }
  }

  open();
  setInterval(() => {
    if (source.readyState === EventSource.CLOSED) { source.close(); open(); }
    if (performance.now() - lastHeard > SILENCE_MS && !body.classList.contains("dead")) {
      body.classList.remove("connecting", "alive");
      body.classList.add("dead");
      dead(new Date(Date.now() - SILENCE_MS));
    }
  }, 500);
}

/** The words that the server put into the page, by key. */
export const words = JSON.parse(body.dataset.words);

/** Return the phrase of a key with its {names} filled in. */
export function say(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Point an <svg><use> at another shape. */
export function setShape(svg, name) {
  svg.querySelector("use").setAttribute("href", `/static/shapes.svg#${name}`);
}
