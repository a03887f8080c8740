// What a payment page does: guard the form, tell the agent, close when it is over.
import { tacet } from "./guard.js";

const form = document.querySelector("#pay");
const card = document.querySelector("#card");
const told = document.querySelector("#told");
const { call, tacet: url } = document.body.dataset;

const fetched = (use) => async () => {
  const response = await fetch(`/tickets/${use}`, { method: "POST" });
  if (!response.ok) throw new Error("no ticket");
  return await response.text();
};

// What the agent reads aloud, or waits for.
function words({ safe, why, word }) {
  if (safe) return "Not recorded. Ask for the card number now.";
  if (word === "closed") return "Done. The call is recorded again.";
  if (word === "lost") return "This payment's pause is over. Start the payment again.";
  if (why === "offline" || why === "no_answer")
    return "No connection. Do not ask for the card number.";
  if (why === "no_ticket") return "Sign in again.";
  if (why === "hidden") return "Come back to this tab to go on.";
  if (why === "unsecured") return "STILL RECORDED. Do not ask for the card number.";
  return "Pausing the recording. Please wait.";
}

const guard = tacet.guard({
  url,
  callId: call,
  form: card,
  getTicket: fetched("call"),
  getEventsTicket: fetched("events"),
  onChange(state) {
    told.textContent = words(state);
    // What is half typed must not wait for a recorder that records.
    if (!state.safe) form.reset();
  },
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  // Once more, at the very moment.
  if (guard.state.safe) void paid();
});
async function paid() {
  // Here your provider's `submit()` is called and waited for. A refusal is no success: stay open.
  await guard.close("success");
}
document.querySelector("#cancel").addEventListener("click", () => guard.close("cancel"));
