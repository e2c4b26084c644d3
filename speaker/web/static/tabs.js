// The five parts: one is seen at a time; arrow keys, Home and End lead from one to the next.
import { find } from "./make.js";

// No id of an element: a browser would begin there with the Tab key.
const place = (tab) => `#show-${tab.getAttribute("aria-controls")}`;

export function tabs(seen) {
  const all = [...find("tabs").children];
  const choose = (tab, focus = false) => {
    for (const one of all) {
      const chosen = one === tab;
      one.setAttribute("aria-selected", chosen);
      one.tabIndex = chosen ? 0 : -1;
      find(one.getAttribute("aria-controls")).hidden = !chosen;
    }
    if (focus) tab.focus();
    history.replaceState(null, "", place(tab));
    seen(tab.getAttribute("aria-controls"));
  };
  for (const [index, tab] of all.entries()) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const steps = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: all.length - 1 };
      if (!(event.key in steps)) return;
      event.preventDefault();
      choose(all[(steps[event.key] + all.length) % all.length], true);
    });
  }
  choose(all.find((tab) => place(tab) === location.hash) ?? all[0]);
}
