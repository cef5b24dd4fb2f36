// A shared worker: one stream a browser, however many of its tabs show the board (a browser allows six connections).

import { follow } from "./stream.js";

const ports = new Set();
const stream = follow((message) => { for (const port of ports) port.postMessage(message); }, () => ports.size > 0);

self.onconnect = (event) => {
  const port = event.ports[0];
  ports.add(port);
  port.onmessage = (message) => {
    if (message.data !== "bye") return;
    ports.delete(port);
    if (!ports.size) stream.close();
  };
  stream.open();
};
