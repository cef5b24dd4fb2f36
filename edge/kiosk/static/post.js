// What staff do goes to the gate by POST with a key of its own, so that a second try of the same act acts once.

const TRIES = 4;

/** Send an act; resolves to {ok, sentence}. Tried again with the same key while the gate does not answer. */
export async function post(path, body) {
  const key = uuid();
  for (let tried = 1; ; tried += 1) {
    try {
      const answer = await fetch(path, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": key },
        body: JSON.stringify(body),
      });
      if (answer.status < 500) return await answer.json();
    } catch { /* the gate is away: try again below */ }
    if (tried === TRIES) return { ok: false, sentence: null };
    await new Promise((done) => setTimeout(done, 300 * tried));
  }
}

function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
