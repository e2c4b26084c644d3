// Conversations, the newest first: where the time went, what was done, what it cost, and why it ended.
import { clock, find, make, usd } from "./make.js";

const MOST = 50;
const PARTS = ["opening", "until sent", "you speak", "until it sounds", "answer"];

export function wireTurns() {
  find("legend").append(...PARTS.map((name, index) => make("li", name, `k${index}`)));
}

export function showTurns(all) {
  find("turn-list").replaceChildren(...all.map(turn).reverse());
  find("no-turns").hidden = all.length > 0;
}

export function addTurn(one) {
  find("turn-list").prepend(turn(one));
  while (find("turn-list").children.length > MOST) find("turn-list").lastChild.remove();
  find("no-turns").hidden = true;
}

// The moments of a conversation in ms since the wake word, each at least as late as the one before.
export function lengths(ms) {
  const end = ms.wake_to_speech_end;
  const first = end !== null && ms.speech_end_to_first_sound !== null ? end + ms.speech_end_to_first_sound : null;
  let before = 0;
  return [ms.wake_to_open, ms.wake_to_sent, end, first, ms.total].map((at) => {
    const length = at === null || at === undefined ? 0 : Math.max(0, at - before);
    before += length;
    return length;
  });
}

function turn(one) {
  const parts = lengths(one.ms);
  const whole = Math.max(1, parts.reduce((sum, part) => sum + part, 0));
  const bar = make("div", "", "bar");
  bar.setAttribute("role", "img");
  bar.setAttribute("aria-label", PARTS.map((name, index) => `${name} ${seconds(parts[index])}`).join(", "));
  parts.forEach((part, index) => {
    const piece = make("i", "", `k${index}`);
    piece.style.width = `${(100 * part) / whole}%`;
    bar.append(piece);
  });
  const wait = one.ms.speech_end_to_first_sound;
  const top = make("div", "", "top",
    make("strong", `${clock(one.at)} · ${one.wake_word.replaceAll("_", " ")}`),
    make("span", `${usd(one.cost_usd)}${one.cost_estimated ? " (estimated)" : ""}`));
  const tokens = one.tokens;
  const told = [
    `${seconds(whole)} in all`, wait === null ? "" : `answered after ${seconds(wait)}`, `by ${one.endpoint || "nobody"}`,
    `tokens ${tokens.input_tokens ?? 0} in, ${tokens.output_tokens ?? 0} out`, `ended: ${one.ended_by.replaceAll("_", " ")}`,
  ].filter(Boolean).join(" · ");
  const item = make("li", "", "card", top, bar, make("p", told, "soft"));
  if (one.tools.length) item.append(make("p", `Tools: ${one.tools.map(tool).join(", ")}`, "soft"));
  for (const said of one.words ?? []) item.append(make("p", `${said.who === "user" ? "You" : "Speaker"}: ${said.text}`));
  return item;
}

const tool = (one) => `${one.name} (${one.ok ? (one.confirmed ? "confirmed" : "done, not confirmed") : "not done"})`;
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
