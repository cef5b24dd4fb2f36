// The visitor's window: one big sign in two languages.
import { listen, say, setShape } from "./feed.js";

const sign = document.querySelector(".sign");
const other = JSON.parse(sign.dataset.otherWords);

function show({ sign: name, hint }) {
  sign.dataset.sign = name;
  sign.dataset.hint = hint ?? "";
  const key = hint ? `reason.${hint}.visitor` : `kiosk.sign.${name}`;
  setShape(sign.querySelector(".sign__shape"), name);
  sign.querySelector(".sign__word").textContent = say(key);
  sign.querySelector(".sign__other").textContent = other[key] ?? "";
}

show({ sign: sign.dataset.sign, hint: sign.dataset.hint || null });
listen({ sign: (news) => { if (news.lane === sign.dataset.lane) show(news); } });
