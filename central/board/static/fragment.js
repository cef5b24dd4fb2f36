// Take a fresh fragment from the server into the page, touching only what has changed: focus, pictures and the
// counting clocks of everything else stay as they are.

let running = null;
let again = false;

/** Fetch the fragment of `target` and take it in; calls that come meanwhile are answered by one more fetch. */
export async function refresh(target, after = () => {}) {
  again = true;
  running ??= (async () => {
    while (again) {
      again = false;
      await fetchOnce(target, after);
    }
    running = null;
  })();
  return running;
}

async function fetchOnce(target, after) {
  let answer;
  try {
    answer = await fetch(target.dataset.fragment, { headers: { accept: "text/html" } });
  } catch {
    return; // the line is down; the stream says so, and a refresh follows when it is back
  }
  if (answer.redirected) { window.dispatchEvent(new Event("signed-out")); return; }
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = target.dataset.part ? page.getElementById(target.dataset.part) : page.body;
  children(target, fresh);
  after();
}

function children(old, fresh) {
  const kept = new Map([...old.children].filter((node) => node.dataset.key).map((node) => [node.dataset.key, node]));
  const loose = [...old.children].filter((node) => !node.dataset.key);
  let place = old.firstElementChild;
  for (const node of [...fresh.children]) {
    const key = node.dataset.key;
    let mine = key ? kept.get(key) : loose.find((one) => one.tagName === node.tagName && one.className === node.className);
    if (key) kept.delete(key);
    else if (mine) loose.splice(loose.indexOf(mine), 1);
    if (!mine) {
      mine = document.importNode(node, true);
      if (key) mine.classList.add("card--new");
      old.insertBefore(mine, place);
      continue;
    }
    if (mine === place) place = place.nextElementSibling;
    else old.insertBefore(mine, place);
    update(mine, node);
  }
  for (const gone of [...kept.values(), ...loose]) gone.remove();
}

function update(mine, node) {
  if (mine.dataset.version !== undefined && mine.dataset.version === node.dataset.version) return;
  const keyed = node.querySelector("[data-key]") && !node.dataset.version;
  if (keyed) { attributes(mine, node); children(mine, node); return; }
  if (!mine.isEqualNode(node)) mine.replaceWith(document.importNode(node, true));
}

function attributes(mine, node) {
  for (const { name, value } of node.attributes) if (mine.getAttribute(name) !== value) mine.setAttribute(name, value);
}
