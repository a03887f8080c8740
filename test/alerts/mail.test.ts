/** An alert as a mail: what it says, and what never gets into its head. */
import { expect, test } from "vitest";
import { ALERT_KINDS } from "../../src/alerts/alert.ts";
import { mailOf } from "../../src/alerts/mail.ts";
import { raised, resolved, tested } from "../../src/alerts/message.ts";

const context = { origin: "tacet.example", sandbox: false };
const alert = {
  kind: "unsecured",
  tenant: "acme",
  callId: "c1",
  windowIds: ["w1"],
  recorderIds: ["vslogger"],
  protection: "unsecured",
  position: 7,
  since: 1_795_312_225_678,
} as const;

test("its subject says what is wrong and with which call, its text says all that the webhook says", () => {
  const { body } = raised(alert, alert.since, context);
  const mail = mailOf(body);
  expect(mail.subject).toBe("tacet STILL RECORDED: a recorder did not confirm its pause (c1)");
  expect(mail.text).toContain("since: 2026-11-22T");
  const { data } = JSON.parse(body) as { data: object };
  for (const name of Object.keys(data)) expect(mail.text).toContain(`\n${name}: `);
});

test("its end is told as over, and a sandbox's mail says that it is one", () => {
  const over = resolved(alert, alert.since + 5_000, { ...context, sandbox: true });
  expect(mailOf(over.body).subject).toMatch(/^tacet \[sandbox\] Over: /);
  expect(mailOf(tested("n", 1, context).body).subject).toBe("tacet Test");
});

test("every kind of alert has words of its own", () => {
  for (const kind of ALERT_KINDS) {
    const body = JSON.stringify({ type: `alert.${kind}`, timestamp: "t", data: {} });
    expect(mailOf(body).subject).not.toContain("alert.");
  }
});

test("a line break in an id makes no second header and no second line", () => {
  const callId = "c1\r\nBcc: everybody@elsewhere.example\u2028x";
  const { body } = raised({ ...alert, callId }, 1, context);
  const { subject, text } = mailOf(body);
  expect(subject).not.toMatch(/[\r\n\u2028]/);
  expect(text).not.toMatch(/^Bcc/m);
});
