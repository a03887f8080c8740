/**
 * Where the event stream is found; what it says is in `events/protocol.ts`.
 *
 * @module
 */
import { refused, route, type Route } from "./asked.ts";
import type { Face } from "./face.ts";
import { refuse } from "./problem.ts";

export function eventsRoute(face: Face): Route {
  return {
    ...route({
      method: "GET",
      path: "/v1/events",
      operationId: "followEvents",
      summary: "Follow calls as they change",
      description:
        "A WebSocket (subprotocol `tacet.v1`), or server-sent events with `Accept: text/event-stream`. A message is the whole state of one call.",
      tag: "Events",
      answers: {
        101: { description: "A WebSocket" },
        200: { description: "A stream of messages", contentType: "text/event-stream" },
      },
      problems: ["upgrade_required", "subprotocol_unknown", "query_invalid", "overloaded"],
      handle: () => Promise.resolve(refused(refuse("not_found", "Events are not served here."))),
    }),
    serve: face.events,
  };
}
