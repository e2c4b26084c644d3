// Elements from text: nothing that comes from the speaker is ever read as HTML.

const STAYS_MS = 10000; // what went wrong lies over the page so long
let fading;

export const find = (id) => document.getElementById(id);

export function make(tag, text = "", kind = "", ...inside) {
  const element = document.createElement(tag);
  if (text !== "") element.textContent = text;
  if (kind) element.className = kind;
  element.append(...inside);
  return element;
}

export const usd = (amount) => `$${amount.toFixed(Math.abs(amount) >= 0.1 ? 2 : 4)}`;

export const clock = (at) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export const hour = (at) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

export function notice(text) {
  find("notice").textContent = text;
  find("notice").hidden = !text;
  clearTimeout(fading);
  if (text) fading = setTimeout(notice, STAYS_MS, "");
}

// The drawing area of a canvas in its own pixels, and the colours of the page.
export function area(canvas) {
  const scale = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  const style = getComputedStyle(document.documentElement);
  return { pen, width, height, colour: (name) => style.getPropertyValue(`--${name}`).trim() };
}
