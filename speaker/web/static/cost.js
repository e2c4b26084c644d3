// The month: a bar for each day with the budget as a line, and what it went to.
import { find, make, usd } from "./make.js";
import { read } from "./line.js";

export async function showCost() {
  const month = await read("cost");
  const budget = month.budget;
  const head = make("div", "", "card", make("p", usd(month.total_usd), "big"), make("p", [
    budget.daily_usd === null ? "no budget for a day" : `budget of a day ${usd(budget.daily_usd)}`,
    budget.monthly_usd === null ? "no budget for the month" : `of ${usd(budget.monthly_usd)} for the month`,
    month.forecast_usd === null ? "" : `about ${usd(month.forecast_usd)} by its end`,
    month.saved_usd > 0 ? `${usd(month.saved_usd)} saved` : "",
    month.waste.usd > 0 ? `${usd(month.waste.usd)} for answers that nobody heard to the end` : "",
  ].filter(Boolean).join(" · "), "soft"), days(month),
    make("div", "", "ends soft", make("span", `${month.month}-01`), make("span", String(month.by_day_usd.length))));
  find("money").replaceChildren(head,
    table("By model", "Model", Object.entries(month.by_model_usd)),
    table("By kind of token", "Kind", Object.entries(month.by_kind_usd)),
    table("What each saving saved", "Saving", month.savings.map((one) => [`${one.what}, ${one.times} times`, one.usd])));
}

function days(month) {
  const daily = month.budget.daily_usd;
  const most = Math.max(...month.by_day_usd, 0.0001);
  const top = daily !== null && daily <= 3 * most ? Math.max(most, daily) : most;
  const bars = make("div", "", "days");
  bars.setAttribute("role", "img");
  bars.setAttribute("aria-label", `Cost by day of ${month.month}; the dearest was ${usd(most === 0.0001 ? 0 : most)}` +
    (daily === null ? "" : `, the budget of a day is ${usd(daily)}`));
  month.by_day_usd.forEach((amount, index) => {
    const bar = make("i", "", index + 1 === month.today ? "today" : "");
    bar.style.height = `${(100 * amount) / top}%`;
    bar.title = `${month.month}-${String(index + 1).padStart(2, "0")}: ${usd(amount)}`;
    bars.append(bar);
  });
  if (daily !== null && daily <= top) {
    const line = make("hr");
    line.style.bottom = `${(100 * daily) / top}%`;
    bars.append(line);
  }
  return bars;
}

function table(title, name, rows) {
  const paid = rows.filter(([, amount]) => amount > 0);
  if (!paid.length) return make("div", "", "card", make("h2", title), make("p", "Nothing this month.", "soft"));
  const head = make("tr", "", "", make("th", name), make("th", "USD", "number"));
  for (const cell of head.children) cell.scope = "col";
  const body = paid.map(([what, amount]) => make("tr", "", "",
    make("td", what.replaceAll("_", " ")), make("td", usd(amount), "number")));
  return make("div", "", "card scroll", make("h2", title),
    make("table", "", "", make("thead", "", "", head), make("tbody", "", "", ...body)));
}
