// A shared worker: one stream a browser, however many of its tabs show the board (a browser allows six connections).

const NAMES = ["alert", "gate", "health", "heartbeat", "reset", "signed_out"];
const RETRY_MS = 1500;
const ports = new Set();
let source = null;
let lastId = "";

function tell(message) { for (const port of ports) port.postMessage(message); }

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
    tell({ name: "closed" });
    setTimeout(() => { if (ports.size) open(); }, RETRY_MS);
  };
}

function close() {
  source?.close();
  source = null;
}

self.onconnect = (event) => {
  const port = event.ports[0];
  ports.add(port);
  port.onmessage = (message) => {
    if (message.data !== "bye") return;
    ports.delete(port);
    if (!ports.size) close();
  };
  open();
};
