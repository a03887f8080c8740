// Whether a page may collect, told by server-sent events; without a package.
// The window itself is opened, renewed and closed by requests: this only listens.

/**
 * `getTicket` asks your own server for an events ticket. `onChange` is given false until told
 * otherwise, and again whenever anything is in doubt. The function returned stops listening.
 */
export function watchCall({ url, callId, windowId, getTicket, onChange }) {
  let source;
  let watchdog;
  let lapse;
  let timer;
  let pingMs = 15_000;
  let stopped = false;

  const tell = (safe, untilMs = 0) => {
    clearTimeout(lapse);
    if (safe) lapse = setTimeout(() => onChange(false), untilMs);
    onChange(safe);
  };
  // A browser comes back by itself after a break; not after silence, nor with a ticket that is over.
  const anew = (waitMs) => {
    clearTimeout(watchdog);
    source?.close();
    tell(false);
    if (!stopped) timer = setTimeout(open, waitMs);
  };
  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => anew(0), 2 * pingMs);
  };

  async function open() {
    try {
      const query = new URLSearchParams({ ticket: await getTicket(), calls: callId });
      if (stopped) return;
      source = new EventSource(`${url}/v1/events?${query}`);
    } catch {
      return anew(2_000 + 3_000 * Math.random());
    }
    const on = (type, run) =>
      source.addEventListener(type, ({ data }) => {
        alive();
        run(JSON.parse(data));
      });
    on("hello", (message) => (pingMs = message.pingMs));
    on("ping", () => {});
    on("gone", (message) => message.callId === callId && tell(false));
    on("call", (message) => {
      if (message.callId !== callId) return;
      const own = message.windows.find((one) => one.own && one.windowId === windowId);
      const leftMs = own === undefined ? 0 : own.expiresAt - Date.now();
      tell(message.protection === "secured" && message.unlogged !== true && leftMs > 0, leftMs);
    });
    source.addEventListener("error", () => {
      tell(false);
      if (source.readyState === EventSource.CLOSED) anew(1_000 + 4_000 * Math.random());
    });
    alive();
  }

  onChange(false);
  void open();
  return () => {
    stopped = true;
    clearTimeout(timer);
    anew(0);
  };
}
