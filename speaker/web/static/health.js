// How the speaker is: what it knows of itself, the doctor's checks on demand, and the last errors.
import { clock, find, make } from "./make.js";
import { read, send } from "./line.js";

const MOST = 20;
const SIGNS = { good: "✓", failed: "✗", skipped: "–" };
const KINDS = { good: "good", failed: "bad", skipped: "warm" };

export async function showHealth() {
  const health = await read("health");
  find("facts").replaceChildren(...health.facts.map(([name, good, text]) => check(name, good ? "good" : "failed", text)),
    check("version", "good", health.version));
  find("doctor").hidden = !health.doctor;
  find("bundle").hidden = !health.bundle;
  find("errors").replaceChildren(...health.errors.map(error).reverse());
  find("no-errors").hidden = health.errors.length > 0;
}

export function showEcho(state) {
  const chosen = state.duplex ? `Interrupting an answer: ${state.duplex}; ${state.duplex_reason ?? ""}` : "";
  find("echo-is").textContent = chosen;
}

export function addError(one) {
  find("errors").prepend(error(one));
  while (find("errors").children.length > MOST) find("errors").lastChild.remove();
  find("no-errors").hidden = true;
}

const error = (one) => make("li", `${clock(one.at)} ${one.message}`);

function check(name, result, text, remedy = "") {
  const item = make("li", "", "", make("span", `${SIGNS[result]} `, KINDS[result]), make("strong", `${name} `));
  item.append(text);
  if (remedy) item.append(make("p", remedy, "soft"));
  return item;
}

export function wireHealth(failed) {
  find("doctor").addEventListener("click", async () => {
    find("doctor").disabled = true;
    find("doctor-says").textContent = "checking …";
    try {
      const { checks } = await send("doctor");
      find("checks").replaceChildren(...checks.map((one) => check(one.name, one.result, one.text, one.remedy)));
      const bad = checks.filter((one) => one.result === "failed").length;
      find("doctor-says").textContent = bad ? `${bad} of ${checks.length} checks failed.` : "All checks are good.";
    } catch (error) {
      find("doctor-says").textContent = "";
      failed(error);
    }
    find("doctor").disabled = false;
  });
}
