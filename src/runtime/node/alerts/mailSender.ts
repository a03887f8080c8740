/**
 * Sends one alert to one mailbox by SMTP, over TLS that is checked, at most once a call. A repeat
 * has the same Message-ID, so that a mail program may show it once.
 *
 * @module
 */
import { createTransport } from "nodemailer";
import { mailOf } from "../../../alerts/mail.ts";
import type { MailboxConfig } from "../../../policy/configAlerts.ts";
import type { Sender, Sent } from "./sender.ts";

export function mailSenderOf(mailbox: MailboxConfig, sendMsMax: number): Sender {
  const { ca, from, host, id, password, port, security, to, username } = mailbox;
  const transport = createTransport({
    host,
    port,
    secure: security === "tls",
    requireTLS: security === "starttls",
    ignoreTLS: security === "none",
    connectionTimeout: sendMsMax,
    greetingTimeout: sendMsMax,
    socketTimeout: sendMsMax,
    // A mail holds text of ours, and nothing is fetched into it.
    disableFileAccess: true,
    disableUrlAccess: true,
    tls: { minVersion: "TLSv1.2", ...(ca === undefined ? {} : { ca }) },
    ...(username !== undefined && password !== undefined
      ? { auth: { user: username, pass: password } }
      : {}),
  });
  const domain = from.split("@").at(-1) ?? "tacet";
  return {
    endpointId: id,
    async send({ body, id: messageId }): Promise<Sent> {
      const { subject, text } = mailOf(body);
      const sent = transport
        .sendMail({
          from,
          to: [...to],
          subject,
          text,
          messageId: `<${messageId}@${domain}>`,
          // Nobody's holiday note answers it.
          headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All" },
        })
        .then((): Sent => ({ kind: "delivered" }), failure);
      return await Promise.race([sent, late(sendMsMax)]);
    },
    close: () => Promise.resolve(transport.close()),
  };
}

/** The server's code, or ours; never its words. */
function failure(error: unknown): Sent {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  if (typeof responseCode === "number") return { kind: "failed", why: `smtp_${responseCode}` };
  return { kind: "failed", why: typeof code === "string" ? code.toLowerCase() : "not_sent" };
}

const late = (ms: number): Promise<Sent> =>
  new Promise((resolve) => {
    setTimeout(() => resolve({ kind: "failed", why: "no_answer" }), ms + 100).unref();
  });
