// The stream itself: opened while somebody wants it, opened again after every break, resumed by number.

const NAMES = ["alert", "gate", "health", "heartbeat", "reset", "signed_out"];
const RETRY_MS = 1500;

/** Follow the stream: `tell` is given every event, `wanted` says whether anybody still listens. */
export function follow(tell, wanted) {
  let source = null;
  let lastId = "";

  function open() {
    if (source) return;
    source = new EventSource(lastId ? `/stream?last_id=${lastId}` : "/stream");
    for (const name of NAMES) {
      source.addEventListener(name, (event) => {
        if (event.lastEventId) lastId = event.lastEventId;
        tell({ name, data: JSON.parse(event.data) });
        if (name === "signed_out") close();
      });
    }
    source.onerror = () => {
      if (source?.readyState !== EventSource.CLOSED) return;
      close();
      setTimeout(() => { if (wanted()) open(); }, RETRY_MS);
    };
  }

  function close() {
    source?.close();
    source = null;
  }

  return { open, close };
}
