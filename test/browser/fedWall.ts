/**
 * Put into the live wall's page before its own script: a socket that tells of as many calls as it is
 * asked to, each message by itself, as a server would.
 */
export const fedWall = `
  const words = ["securing", "secured", "secured", "secured", "unsecured"];
  let socket, position = 0;
  const tell = (message) => socket.dispatchEvent(
    new MessageEvent("message", { data: JSON.stringify(message) }));
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const { port1, port2 } = new MessageChannel();
  let goOn;
  port1.onmessage = () => goOn();
  const next = () => new Promise((resolve) => { goOn = resolve; port2.postMessage(0); });
  const call = (index) => ({
    type: "call", callId: "call-" + index, agentId: "a-" + index,
    attributes: { queue: "q" + index % 7, team: "red" },
    protection: words[(index + position) % words.length],
    windows: [{ windowId: "w" + index, openedAt: Date.now() - index,
      expiresAt: Date.now() + 60000, own: false }],
    recorders: [{ recorderId: "anywherenow", required: true, status: "paused" }],
    can: [], position: ++position, at: Date.now(),
  });
  globalThis.WebSocket = class extends EventTarget {
    constructor() {
      super();
      socket = this;
      setTimeout(() => tell({ type: "hello", epoch: "e", pingMs: 60000, reconnectAfterMs: 0 }));
    }
    send(text) {
      if (text.includes("subscribe")) setTimeout(() => tell({ type: "subscribed", recovered: false }));
    }
    close() {}
  };
  globalThis.feed = {
    async all(count) {
      for (let index = 0; index < count; index += 1) { tell(call(index)); await next(); }
    },
    async bursts(count, times) {
      for (let burst = 0; burst < times; burst += 1) {
        for (let index = burst % 10; index < count; index += 10) { tell(call(index)); await next(); }
        await wait(250);
      }
    },
  };
`;
