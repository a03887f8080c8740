/**
 * Settings that several vendors have in one form: an address, and a SignalR hub.
 *
 * @module
 */
import { z } from "zod";

/** Whether an address is no more than that: whatever is secret has a setting of its own. */
export const isPlainAddress = (text: string): boolean => {
  const url = URL.parse(text);
  return (
    url !== null &&
    url.username === "" &&
    url.password === "" &&
    url.search === "" &&
    url.hash === ""
  );
};

/** Without the slashes at its end. */
export const httpUrl = z
  .url({ protocol: /^https?$/, abort: true })
  .refine(isPlainAddress, "a plain http(s) address: no user, query or fragment")
  .transform((text) => text.replace(/\/+$/, ""));

export const eventName = z.string().regex(/^[A-Za-z_]\w{0,99}$/, "an event's name");

/** Where a recorder's hub is. `event`: with a default where the vendor names it. */
export const hubSetting = <Event extends z.ZodType<string, string | undefined>>(event: Event) =>
  z
    .strictObject({
      /** The SignalR endpoint itself, without `/negotiate`. */
      url: httpUrl,
      /** ASP.NET SignalR 2.x, ASP.NET Core, or as the server's negotiate reply shows. */
      kind: z.enum(["auto", "classic", "core"]).default("auto"),
      /** The hub's name. In Core the address alone names it. */
      hub: z
        .string()
        .regex(/^[A-Za-z_][\w.-]{0,99}$/, "a hub's name")
        .optional(),
      event,
    })
    .refine(({ hub, kind }) => kind === "core" || hub !== undefined, {
      path: ["hub"],
      error: "name the hub: only ASP.NET Core can be told by its address alone",
    });
