// Brings the parts of the page together.
import { showCost } from "./cost.js";
import { addError, showEcho, showHealth, wireHealth } from "./health.js";
import { showHouse, wireHouse } from "./house.js";
import { NeedsToken, command, listen, read, send } from "./line.js";
import { find, notice } from "./make.js";
import { addMark, drawMarks, showLive, showMarks, showState, wireNow } from "./now.js";
import { tabs } from "./tabs.js";
import { addTurn, showTurns, wireTurns } from "./turns.js";

const SHOW = { house: showHouse, cost: showCost, health: showHealth };
let seen = "now";
let open = false;

function failed(error) {
  if (error instanceof NeedsToken) askForToken();
  else notice(error.message === "Failed to fetch" ? "The speaker cannot be reached." : error.message);
}

async function run(verb, payload) {
  try {
    await command(verb, payload);
    notice("");
    return true;
  } catch (error) {
    failed(error);
    return false;
  }
}

function show(part) {
  seen = part;
  notice("");
  if (part === "now") drawMarks();
  if (open) SHOW[part]?.().catch(failed);
}

function hear(kind, is) {
  if (kind === "hello") {
    document.title = is.speaker;
    find("name").textContent = is.speaker;
    showState(is.state);
    showEcho(is.state);
    showTurns(is.turns);
    showMarks(is.marks);
  } else if (kind === "state") {
    showState(is);
    showEcho(is);
  } else if (kind === "live") showLive(is);
  else if (kind === "mark") addMark(is);
  else if (is.type === "turn") addTurn(is);
  else if (is.type === "error") addError(is);
}

function changed(there) {
  open = there;
  find("link").textContent = there ? "connected" : "the speaker is away; trying again …";
  if (!there) return;
  notice("");
  show(seen);
}

function askForToken() {
  find("login").hidden = false;
  for (const part of document.querySelectorAll("[role=tabpanel], nav")) part.hidden = true;
  find("link").textContent = "locked";
  find("token").focus();
}

async function begin() {
  const entry = await read("entry").catch((error) => { failed(error); return { in: false, token: false }; });
  if (entry.token && !entry.in) { askForToken(); return; }
  find("logout").hidden = !entry.token;
  listen(hear, changed, askForToken);
}

find("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await send("login", find("token").value);
    location.reload();
  } catch (error) {
    failed(error);
  }
});
find("logout").addEventListener("click", () => send("logout").then(() => location.reload()).catch(failed));
setInterval(() => { if (open && seen === "house" && !document.hidden) showHouse().catch(failed); }, 5000);

wireTurns();
wireNow(run);
wireHouse(failed);
wireHealth(failed);
tabs(show);
begin();
