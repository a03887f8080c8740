/**
 * The configured recorders: what they can do, whether they answer, and what their last preflight
 * found.
 *
 * @module
 */
import { json, refused, route, type Route } from "./asked.ts";
import { denied, type Face } from "./face.ts";
import { recordersAnswer } from "./schemas.ts";

export function recorderRoutes(face: Face): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/recorders",
      operationId: "listRecorders",
      summary: "Configured recorders, their capabilities and reachability",
      tag: "Recorders",
      answers: { 200: { description: "The recorders", schema: recordersAnswer } },
      problems: [],
      async handle(asked) {
        const denial = await denied(face, asked, "read_recorders");
        if (denial !== undefined) return refused(denial);
        return json(200, { recorders: face.recorders.list(asked.tenant) });
      },
    }),
  ];
}
