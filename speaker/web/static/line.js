// The line to the speaker: what it tells, and what it is asked. All addresses are relative to the page.

export class NeedsToken extends Error {}

async function asked(path, options = {}) {
  const response = await fetch(`api/${path}`, { cache: "no-store", ...options });
  if (response.status === 401) throw new NeedsToken();
  if (!response.ok) throw new Error((await response.text()) || `the speaker answers ${response.status}`);
  return response.json();
}

export const read = (path) => asked(path);
export const send = (path, body = "") => asked(path, { method: "POST", body });

export async function command(verb, payload = "") {
  const result = await send(`command/${verb}`, payload);
  if (!result.ok) throw new Error(result.error);
}

// Listens for ever; `hear` gets what is told, `changed` whether there is a line.
export function listen(hear, changed, needsToken) {
  let wait = 1000;
  const open = () => {
    const address = new URL("api/live", document.baseURI);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    socket.onopen = () => { wait = 1000; changed(true); };
    socket.onmessage = (message) => { const { kind, is } = JSON.parse(message.data); hear(kind, is); };
    socket.onclose = async () => {
      changed(false);
      const entry = await read("entry").catch(() => ({ in: true }));
      if (!entry.in) { needsToken(); return; }
      setTimeout(open, wait);
      wait = Math.min(30000, wait * 2);
    };
  };
  open();
}
