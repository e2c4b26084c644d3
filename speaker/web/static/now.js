// What goes on now: state, level and score, the threshold with what it would have let in, and the everyday commands.
import { area, find, hour } from "./make.js";

const SHOWN = 600; // values, a minute at ten a second
const FLOOR_DB = -70;
const live = [];
let marks = [];
let state = {};
let dragging = null; // a threshold that is being chosen

const WORDS = { idle: "Waiting", listening: "Listening", processing: "Thinking", responding: "Speaking" };

export const threshold = () => dragging ?? state.threshold ?? 0.5;

export function showState(now) {
  state = now;
  const kind = now.muted ? "muted" : now.state ?? "idle";
  find("state").dataset.state = kind;
  find("doing").textContent = now.muted ? "Muted" : WORDS[now.state] ?? "Waiting";
  const parts = [
    now.muted ? "The microphone is off." : `Answered by ${now.endpoint ?? "nobody"}.`,
    now.timers?.length ? `${now.timers.length} timer${now.timers.length > 1 ? "s run" : " runs"}.` : "",
    now.last_error ? `Last error: ${now.last_error}` : "",
  ];
  find("detail").textContent = parts.filter(Boolean).join(" ");
  find("mute").setAttribute("aria-pressed", Boolean(now.muted));
  find("wake").disabled = Boolean(now.muted);
  if (document.activeElement !== find("volume") && now.volume !== undefined) slide("volume", now.volume, `${now.volume} %`);
  if (dragging === null && now.threshold !== undefined) slide("threshold", now.threshold, now.threshold.toFixed(2));
  drawMarks();
}

function slide(id, value, text) {
  find(id).value = value;
  find(`${id}-is`).textContent = text;
}

export function showLive(one) {
  live.push(one);
  if (live.length > SHOWN) live.shift();
  find("level").textContent = `${one.level_db.toFixed(0)} dB`;
  find("score").textContent = one.score.toFixed(2);
  drawScope();
}

export function showMarks(all) { marks = all; drawMarks(); }
export function addMark(mark) { marks.push(mark); drawMarks(); }

function drawScope() {
  const canvas = find("scope");
  if (!canvas.clientWidth) return;
  const { pen, width, height, colour } = area(canvas);
  const step = width / SHOWN;
  const start = width - live.length * step;
  pen.fillStyle = colour("c1");
  live.forEach((one, index) => {
    const tall = Math.max(0, (one.level_db - FLOOR_DB) / -FLOOR_DB) * height;
    pen.fillRect(start + index * step, height - tall, step + 0.5, tall);
  });
  pen.strokeStyle = colour("ink");
  pen.lineWidth = 1.5;
  pen.beginPath();
  live.forEach((one, index) => pen.lineTo(start + index * step, (1 - one.score) * (height - 2) + 1));
  pen.stroke();
  line(pen, width, height, colour);
}

function line(pen, width, height, colour) {
  const at = (1 - threshold()) * (height - 2) + 1;
  pen.strokeStyle = colour("c5");
  pen.lineWidth = 2;
  pen.setLineDash([6, 4]);
  pen.beginPath();
  pen.moveTo(0, at);
  pen.lineTo(width, at);
  pen.stroke();
  pen.setLineDash([]);
}

export function drawMarks() {
  const since = Date.now() / 1000 - 3600;
  marks = marks.filter((mark) => mark.at >= since);
  tellMarks();
  const canvas = find("marks");
  if (!canvas.clientWidth) return;
  const { pen, width, height, colour } = area(canvas);
  for (const mark of marks) {
    const x = ((mark.at - since) / 3600) * (width - 10) + 5;
    const y = (1 - mark.score) * (height - 10) + 5;
    pen.fillStyle = mark.woke ? colour("c2") : mark.score >= threshold() ? colour("c3") : colour("line");
    pen.beginPath();
    if (mark.woke) pen.arc(x, y, 5, 0, 7); else pen.rect(x - 4, y - 4, 8, 8);
    pen.fill();
  }
  line(pen, width, height, colour);
}

function tellMarks() {
  const woke = marks.filter((mark) => mark.woke);
  const near = marks.filter((mark) => !mark.woke);
  const more = near.filter((mark) => mark.score >= threshold()).length;
  const fewer = woke.filter((mark) => mark.score < threshold()).length;
  find("last").textContent = woke.length ? hour(woke.at(-1).at * 1000) : "–";
  find("would").textContent = marks.length
    ? `Last hour: woken ${times(woke.length)}, ${near.length} near ${near.length === 1 ? "miss" : "misses"}. At ${threshold().toFixed(2)}, ` +
      `${more} of these would have woken it, and ${fewer} of the others not.`
    : "Nothing came near the wake word in the last hour.";
}

const times = (count) => (count === 1 ? "once" : `${count} times`);

export function wireNow(run) {
  const press = (id, verb, payload = () => "") => find(id).addEventListener("click", () => run(verb, payload()));
  press("mute", "mute", () => (find("mute").getAttribute("aria-pressed") === "true" ? "OFF" : "ON"));
  press("wake", "wake");
  press("stop", "stop");
  press("echo", "test");
  find("volume").addEventListener("input", (event) => { find("volume-is").textContent = `${event.target.value} %`; });
  find("volume").addEventListener("change", (event) => run("volume", event.target.value));
  find("threshold").addEventListener("input", (event) => {
    dragging = Number(event.target.value);
    find("threshold-is").textContent = dragging.toFixed(2);
    drawMarks();
    drawScope();
  });
  find("threshold").addEventListener("change", async (event) => {
    await run("threshold", event.target.value);
    dragging = null;
    showState(state);
  });
  find("say").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await run(event.submitter?.value ?? "ask", find("text").value)) find("text").value = "";
  });
  addEventListener("resize", () => { drawScope(); drawMarks(); });
  setInterval(drawMarks, 30000);
}
