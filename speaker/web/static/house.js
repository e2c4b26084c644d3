// Devices by room, and tools with what they may do; one can be tried.
import { find, make } from "./make.js";
import { read, send } from "./line.js";

const RISKS = { allow: "runs at once", confirm: "asks first, aloud", never: "never runs" };
let tools = [];

export async function showHouse() {
  const house = await read("house");
  const rooms = Map.groupBy ? Map.groupBy(house.devices, (one) => one.room) : grouped(house.devices);
  find("devices").replaceChildren(...[...rooms].map(([room, devices]) =>
    make("div", "", "", make("h3", room || "elsewhere"), ...devices.map(device))));
  if (!house.devices.length) find("devices").replaceChildren(make("p", "No devices are known yet."));
  if (JSON.stringify(tools) !== JSON.stringify(house.tools)) showTools(house.tools);
}

// Only when they have changed: somebody may be choosing one.
function showTools(all) {
  tools = all;
  const chosen = find("tool").value;
  find("tool").replaceChildren(...tools.map((tool) => make("option", tool.name)));
  if (tools.some((tool) => tool.name === chosen)) find("tool").value = chosen;
  aboutTool();
  find("tools").replaceChildren(toolTable());
}

function grouped(devices) {
  const rooms = new Map();
  for (const one of devices) rooms.set(one.room, [...(rooms.get(one.room) ?? []), one]);
  return rooms;
}

const device = (one) => make("div", "", "device",
  make("span", `${one.name} (${one.kind.replaceAll("_", " ")})`), make("strong", one.state ?? "not known"),
  make("p", `“${one.say}”`, "soft"));

function toolTable() {
  const head = make("tr", "", "", ...["Tool", "Risk", "From"].map((name) => {
    const cell = make("th", name);
    cell.scope = "col";
    return cell;
  }));
  const rows = tools.map((tool) => make("tr", "", "",
    make("td", tool.name), make("td", RISKS[tool.risk]), make("td", tool.source)));
  return make("table", "", "", make("thead", "", "", head), make("tbody", "", "", ...rows));
}

function aboutTool() {
  const tool = tools.find((one) => one.name === find("tool").value);
  const takes = Object.keys(tool?.parameters?.properties ?? {});
  find("tool-about").textContent = tool ? `${tool.description} ${takes.length ? `Takes ${takes.join(", ")}.` : ""}` : "";
}

export function wireHouse(failed) {
  find("tool").addEventListener("change", aboutTool);
  find("try").addEventListener("submit", async (event) => {
    event.preventDefault();
    find("tool-said").textContent = "it runs …";
    try {
      const result = await send(`tool/${encodeURIComponent(find("tool").value)}`, find("arguments").value);
      find("tool-said").textContent = result.text;
      find("tool-said").className = result.ok ? "good" : "bad";
    } catch (error) {
      find("tool-said").textContent = "";
      failed(error);
    }
  });
}
