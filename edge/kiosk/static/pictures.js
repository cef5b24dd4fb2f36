// The live view: false colour from one byte a pixel, with boxes, values and the reference drawn over it.
// Only the newest picture ever waits, and one that is older than STALE_MS is taken off the screen.

const STALE_MS = 1500;
const TREND_S = 30;
const SMALL = 80; // an array with fewer columns is drawn with its pixels visible
const COLOURS = { pass: "#3ddc84", amber: "#ffc53d", alarm: "#ff4d4f", no_result: "#8fb8ff", none: "#ffffff" };

let palette = null;

/** Start drawing the lanes of this page. `word` turns a reason's code into its name. */
export async function draw(lanes, word) {
  const colours = new Uint8Array(await (await fetch("/palette")).arrayBuffer());
  palette = new Uint32Array(256);
  for (let i = 0; i < 256; i += 1) {
    palette[i] = 0xff000000 | (colours[3 * i + 2] << 16) | (colours[3 * i + 1] << 8) | colours[3 * i];
  }
  palette[0] = 0xff302a26; // no valid value
  const source = new EventSource("/live");
  for (const article of lanes) {
    const lane = article.dataset.kind === "spot" ? new Spot(article) : new Heat(article, word);
    source.addEventListener(`picture-${article.dataset.lane}`, (event) => lane.show(JSON.parse(event.data)));
    setInterval(() => lane.age(), 300);
    lane.clear();
  }
}

class Lane {
  constructor(article) {
    this.article = article;
    this.shownAt = -Infinity;
  }
  show(picture) {
    this.shownAt = performance.now();
    this.article.classList.remove("lane--stale");
    this.render(picture);
  }
  age() {
    if (performance.now() - this.shownAt > STALE_MS && !this.article.classList.contains("lane--stale")) this.clear();
  }
  clear() {
    this.article.classList.add("lane--stale");
    this.wipe();
  }
}

class Heat extends Lane {
  constructor(article, word) {
    super(article);
    this.word = word;
    this.heat = article.querySelector(".picture__heat");
    this.marks = article.querySelector(".picture__marks");
    this.low = article.querySelector("[data-low]");
    this.high = article.querySelector("[data-high]");
    bar(article.querySelector(".scale__bar"));
  }
  render(picture) {
    const { columns, rows } = picture;
    if (this.heat.width !== columns || this.heat.height !== rows) {
      this.heat.width = columns;
      this.heat.height = rows;
      this.heat.classList.toggle("picture__heat--small", columns < SMALL);
    }
    const bytes = atob(picture.pixels);
    const image = new ImageData(columns, rows);
    const out = new Uint32Array(image.data.buffer);
    for (let i = 0; i < out.length; i += 1) out[i] = palette[bytes.charCodeAt(i)];
    this.heat.getContext("2d").putImageData(image, 0, 0);
    this.low.textContent = picture.low_c.toFixed(0);
    this.high.textContent = picture.high_c.toFixed(0);
    this.mark(picture);
  }
  mark(picture) {
    const box = this.marks.getBoundingClientRect();
    const ratio = devicePixelRatio;
    this.marks.width = box.width * ratio;
    this.marks.height = box.height * ratio;
    const pen = this.marks.getContext("2d");
    pen.scale(ratio, ratio);
    // the picture fills its frame without being stretched (object-fit: contain); so must the marks
    const scale = Math.min(box.width / picture.columns, box.height / picture.rows);
    const width = picture.columns * scale;
    pen.translate((box.width - width) / 2, (box.height - picture.rows * scale) / 2);
    for (const seen of [picture.reference, picture.second_reference]) if (seen) reference(pen, seen, scale);
    for (const face of picture.faces) this.face(pen, face, scale, width);
  }
  face(pen, face, scale, width) {
    const [x0, y0, x1, y1] = face.box.map((value) => value * scale);
    const colour = COLOURS[face.verdict ?? "none"];
    pen.strokeStyle = colour;
    pen.lineWidth = 3;
    const arm = Math.min(x1 - x0, y1 - y0) / 4;
    pen.beginPath();
    for (const [x, y, dx, dy] of [[x0, y0, 1, 1], [x1, y0, -1, 1], [x1, y1, -1, -1], [x0, y1, 1, -1]]) {
      pen.moveTo(x + dx * arm, y);
      pen.lineTo(x, y);
      pen.lineTo(x, y + dy * arm);
    }
    pen.stroke();
    if (face.spot) cross(pen, (face.spot[0] + 0.5) * scale, (face.spot[1] + 0.5) * scale, colour);
    const text = face.refused ? this.word(face.refused) : face.skin_c === null ? "" : face.skin_c.toFixed(1);
    if (text) label(pen, text, x0, y0 - 8 < 24 ? y1 + 30 : y0 - 8, colour, width);
  }
  wipe() {
    this.heat.getContext("2d").clearRect(0, 0, this.heat.width, this.heat.height);
    this.marks.getContext("2d").clearRect(0, 0, this.marks.width, this.marks.height);
    this.low.textContent = this.high.textContent = "–";
  }
}

class Spot extends Lane {
  constructor(article) {
    super(article);
    this.value = article.querySelector("[data-spot]");
    this.trend = article.querySelector(".spot__trend");
    this.past = [];
  }
  render(picture) {
    const now = performance.now() / 1000;
    const value = picture.value_c;
    this.value.textContent = value === null ? "–" : value.toFixed(1);
    if (value !== null) this.past.push([now, value]);
    this.past = this.past.filter(([at]) => now - at <= TREND_S);
    this.plot(now);
  }
  plot(now) {
    const box = this.trend.getBoundingClientRect();
    const ratio = devicePixelRatio;
    this.trend.width = box.width * ratio;
    this.trend.height = box.height * ratio;
    const pen = this.trend.getContext("2d");
    pen.scale(ratio, ratio);
    const values = this.past.map(([, value]) => value);
    const low = Math.floor(Math.min(...values, 30));
    const high = Math.ceil(Math.max(...values, 38));
    const y = (value) => box.height - 8 - ((value - low) / (high - low)) * (box.height - 16);
    pen.font = "12px sans-serif";
    pen.fillStyle = "#7f93a6";
    pen.strokeStyle = "#2a3a49";
    pen.lineWidth = 1;
    for (let value = low; value <= high; value += Math.max(1, Math.round((high - low) / 4))) {
      pen.beginPath();
      pen.moveTo(26, y(value));
      pen.lineTo(box.width, y(value));
      pen.stroke();
      pen.fillText(value, 2, y(value) + 4);
    }
    pen.strokeStyle = "#ff8a3c";
    pen.lineWidth = 2.5;
    pen.beginPath();
    for (const [at, value] of this.past) pen.lineTo(26 + (1 - (now - at) / TREND_S) * (box.width - 28), y(value));
    pen.stroke();
  }
  wipe() {
    this.value.textContent = "–";
    this.past = [];
    this.trend.getContext("2d").clearRect(0, 0, this.trend.width, this.trend.height);
  }
}

function bar(canvas) {
  const image = new ImageData(256, 1);
  const out = new Uint32Array(image.data.buffer);
  for (let i = 0; i < 256; i += 1) out[i] = palette[Math.max(1, i)];
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function reference(pen, seen, scale) {
  const [x, y, radius] = seen.region.map((value) => value * scale);
  const good = seen.state === "locked";
  pen.strokeStyle = good ? "#7fe7ff" : "#ffc53d";
  pen.lineWidth = 2;
  pen.setLineDash([5, 4]);
  pen.beginPath();
  pen.arc(x + scale / 2, y + scale / 2, radius + scale, 0, 2 * Math.PI);
  pen.stroke();
  pen.setLineDash([]);
}

function cross(pen, x, y, colour) {
  pen.strokeStyle = colour;
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(x - 6, y);
  pen.lineTo(x + 6, y);
  pen.moveTo(x, y - 6);
  pen.lineTo(x, y + 6);
  pen.stroke();
}

function label(pen, text, x, y, colour, limit) {
  pen.font = "600 18px 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif";
  const width = pen.measureText(text).width + 14;
  const left = Math.max(2, Math.min(x, limit - width - 2));
  pen.fillStyle = "rgba(6, 12, 18, 0.82)";
  pen.fillRect(left, y - 21, width, 27);
  pen.fillStyle = colour;
  pen.fillText(text, left + 7, y);
}
