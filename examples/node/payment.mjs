// Takes one payment in a silence: node payment.mjs CALL_ID WINDOW_ID. See ../README.md.
const {
  TACET_URL,
  TACET_KEY,
  LEASE_MS = "60000",
  TRY_MS = "15000",
  WORK_MS = "3000",
} = process.env;
const [callId, windowId] = process.argv.slice(2);
if (!TACET_URL || !TACET_KEY || !callId || !windowId) {
  console.error("usage: TACET_URL=... TACET_KEY=... node payment.mjs CALL_ID WINDOW_ID");
  process.exit(2);
}
// No answer is relied on for longer than this, whatever it promises.
const AGE_MS_MAX = 12_000;
// A clock that nobody sets.
const now = () => performance.now();
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function ask(path, body, timeoutMs) {
  const askedAt = now();
  let answer = { status: 0, retryMs: 1_000, safeUntil: 0 };
  try {
    const response = await fetch(TACET_URL + path, {
      method: "POST",
      headers: { authorization: `Bearer ${TACET_KEY}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      redirect: "error",
      signal: AbortSignal.timeout(Math.max(1, Math.floor(timeoutMs))),
    });
    const seconds = Number(response.headers.get("retry-after") ?? 1);
    answer = {
      ...answer,
      status: response.status,
      retryMs: Math.min(5_000, seconds * 1_000 || 200),
    };
    const told = await response.json();
    // The one boolean, and for as long as it may be obeyed: counted from before the request.
    if (response.status === 200 && told.safeToCollect === true && told.collectForMs > 0)
      answer.safeUntil = askedAt + Math.min(told.collectForMs, AGE_MS_MAX);
  } catch {
    // No answer, or one that cannot be read: not safe.
  }
  return answer;
}

const call = `/v1/calls/${encodeURIComponent(callId)}`;
const renewPath = `/v1/windows/${encodeURIComponent(windowId)}/renew`;

/** Until when it is safe; 0 where it is not. Always the same window id. */
async function pause() {
  const giveUpAt = now() + Number(TRY_MS);
  for (;;) {
    const waitMs = Math.max(0, Math.min(3_000, Math.round(giveUpAt - now())));
    const body = { windowId, reason: "card_payment", leaseMs: Number(LEASE_MS), waitMs };
    const { retryMs, safeUntil, status } = await ask(`${call}/pause`, body, waitMs + 5_000);
    if (safeUntil > now()) return safeUntil;
    // 424 (not every recorder confirmed), 429, 5xx and no answer may change; the others do not.
    const isFinal = status >= 400 && status < 500 && status !== 424 && status !== 429;
    if (isFinal || now() + retryMs > giveUpAt) {
      console.log(`not safe: ${status}`);
      return 0;
    }
    await sleep(retryMs);
  }
}

/** True where it stayed safe until the payment was taken. */
async function collect(safeUntil) {
  // Here your card form is open, for WORK_MS in this example.
  const doneAt = now() + Number(WORK_MS);
  let renewAt = now();
  while (now() < doneAt) {
    if (now() >= safeUntil) return false;
    if (now() >= renewAt) {
      const { safeUntil: renewed, status } = await ask(
        renewPath,
        { leaseMs: Number(LEASE_MS) },
        safeUntil - now(),
      );
      if (renewed > 0) safeUntil = renewed;
      // An answer that says no ends it at once; where none came, the last yes holds until it ends.
      else if (status !== 0 && status < 500) return false;
      renewAt = now() + Math.min(4_000, (safeUntil - now()) / 3);
    }
    await sleep(100);
  }
  return now() < safeUntil;
}

/** Nothing sensitive is said any more. Where it cannot be told, the window's lease ends it. */
async function resume() {
  for (let tries = 0; tries < 5; tries += 1) {
    const { retryMs, status } = await ask(`${call}/resume`, { windowId }, 5_000);
    if (status === 200 || status === 202) return console.log("closed");
    if (status >= 400 && status < 500 && status !== 429) break;
    await sleep(retryMs);
  }
  console.log("left to its lease");
}

const safeUntil = await pause();
let kept = false;
if (safeUntil > 0) {
  console.log("safe");
  kept = await collect(safeUntil);
  if (!kept) console.log("lost: stop collecting");
}
await resume();
process.exitCode = kept ? 0 : 1;
