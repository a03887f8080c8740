// Whether a page may collect, told by the event stream over a WebSocket; without a package.
// The window itself is opened, renewed and closed by requests: this only listens.

/**
 * `getTicket` asks your own server for an events ticket. `onChange` is given false until told
 * otherwise, and again whenever anything is in doubt. The function returned stops listening.
 */
export function watchCall({ url, callId, windowId, getTicket, onChange }) {
  let next = getTicket;
  let waitMs = 1_000;
  let failures = 0;
  let stopped = false;
  let close = () => {};
  let timer;

  async function open() {
    let socket;
    try {
      const ticket = await next();
      if (stopped) return;
      socket = new WebSocket(
        `${url.replace(/^http/, "ws")}/v1/events?ticket=${ticket}`,
        "tacet.v1",
      );
    } catch {
      return again();
    }
    let pingMs = 15_000;
    let watchdog;
    let lapse;
    const tell = (safe, untilMs = 0) => {
      clearTimeout(lapse);
      if (safe) lapse = setTimeout(() => onChange(false), untilMs);
      onChange(safe);
    };
    const alive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => socket.close(), 2 * pingMs);
    };
    close = () => socket.close();
    next = getTicket;
    alive();
    socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(data);
      alive();
      waitMs = message.reconnectAfterMs ?? waitMs;
      const ticket = message.nextTicket;
      // The one at hand first: it needs no request to your server.
      if (ticket !== undefined) next = async () => ((next = getTicket), ticket);
      if (message.type === "hello") {
        pingMs = message.pingMs;
        socket.send(JSON.stringify({ type: "subscribe", calls: [callId] }));
      }
      if (message.type === "subscribed") failures = 0;
      if (message.type === "gone" && message.callId === callId) tell(false);
      if (message.type === "call" && message.callId === callId) {
        const own = message.windows.find((one) => one.own && one.windowId === windowId);
        const leftMs = own === undefined ? 0 : own.expiresAt - Date.now();
        tell(message.protection === "secured" && message.unlogged !== true && leftMs > 0, leftMs);
      }
    });
    socket.addEventListener("close", ({ code }) => {
      clearTimeout(watchdog);
      tell(false);
      // 4401: the ticket was not taken. 4403: this page is not allowed, and never will be.
      if (code === 4401) next = getTicket;
      if (code !== 4403) again();
    });
  }

  function again() {
    if (stopped) return;
    const backoffMs = Math.random() * Math.min(30_000, 1_000 * (2 ** failures - 1));
    failures += 1;
    timer = setTimeout(open, waitMs + backoffMs);
  }

  onChange(false);
  void open();
  return () => {
    stopped = true;
    clearTimeout(timer);
    close();
  };
}
