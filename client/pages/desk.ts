/**
 * The script of an agent's desk: the indicator, with the session's authority behind its buttons.
 *
 * @module
 */
import "../src/indicator.ts";
import type { TacetIndicator } from "../src/indicator.ts";
import { eventsTicket, NotDone, post } from "./session.ts";

const desk = document.querySelector("#desk") as HTMLElement;
const over = document.querySelector("#over") as HTMLElement;
const why = document.querySelector("#why") as HTMLElement;
const { agent = "", csrf = "" } = desk.dataset;
const indicator = document.querySelector("tacet-indicator") as TacetIndicator;

function tell(error: unknown): void {
  const code = error instanceof NotDone ? error.code : "failed";
  if (code === "signed_out") over.hidden = false;
  else why.textContent = why.dataset[code] ?? code;
}

indicator.getTicket = async () => {
  try {
    const ticket = await eventsTicket("/desk/ticket", csrf);
    over.hidden = true;
    return ticket;
  } catch (error) {
    if (error instanceof NotDone) tell(error);
    throw error;
  }
};
indicator.command = async (what, callId) => {
  why.textContent = "";
  try {
    await post(`/desk/${what}/${encodeURIComponent(callId)}`, csrf);
  } catch (error) {
    tell(error);
    throw error;
  }
};
indicator.setAttribute("url", location.origin);
indicator.setAttribute("agent-id", agent);
