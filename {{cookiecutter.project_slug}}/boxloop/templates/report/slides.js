// One slide at a time, by keys, buttons or a swipe. Without a script all stand one below the other.
const root = document.documentElement;
const byId = (id) => document.getElementById(id);
const slides = [...document.querySelectorAll(".slide")];
let at = 0;

const waiting = () => [...slides[at].querySelectorAll(".fragment:not(.there)")];

function show(number, whole = false) {
  at = Math.max(0, Math.min(slides.length - 1, number));
  slides.forEach((slide, place) => slide.classList.toggle("here", place === at));
  slides[at].querySelectorAll(".fragment").forEach((part) => part.classList.toggle("there", whole));
  byId("place").textContent = `${at + 1} of ${slides.length}`;
  history.replaceState(null, "", `#${at + 1}`);
  slides[at].scrollTop = 0;
  slides[at].focus({ preventScroll: true });  // what does not fit is scrolled by the keys up and down
}

function on() {
  const [next] = waiting();
  if (next) next.classList.add("there");
  else if (at < slides.length - 1) show(at + 1);
}
const back = () => { if (at > 0) show(at - 1, true); };

function notes() {
  const shown = root.classList.toggle("with-notes");
  byId("notes-button").setAttribute("aria-pressed", String(shown));
}

const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
function theme(change) {
  if (change) root.dataset.theme = dark() ? "light" : "dark";
  byId("theme-button").textContent = dark() ? "Light" : "Dark";
}

const keys = {
  ArrowRight: on, PageDown: on, " ": on, ArrowLeft: back, PageUp: back,
  Home: () => show(0), End: () => show(slides.length - 1, true), n: notes, N: notes,
};
document.addEventListener("keydown", (event) => {
  const own = event.target.closest("button, a, summary, input, .scroll, pre");
  if (event.ctrlKey || event.altKey || event.metaKey || (own && event.key === " ")) return;
  // What is wider than the slide keeps its arrows.
  const wide = own && own.scrollWidth > own.clientWidth + 1;
  if (!keys[event.key] || (wide && event.key.startsWith("Arrow"))) return;
  event.preventDefault();
  keys[event.key]();
});
let from = null;
document.addEventListener("touchstart", (event) => { from = event.touches[0].clientX; }, { passive: true });
document.addEventListener("touchend", (event) => {
  const way = event.changedTouches[0].clientX - from;
  if (Math.abs(way) > 80 && !event.target.closest(".scroll, pre")) (way < 0 ? on : back)();
});

if (slides.length && byId("place")) {
  root.classList.add("js");
  byId("on").addEventListener("click", on);
  byId("back").addEventListener("click", back);
  byId("notes-button").addEventListener("click", notes);
  byId("theme-button").addEventListener("click", () => theme(true));
  document.querySelector(".turn").hidden = false;
  addEventListener("hashchange", () => show(Number(location.hash.slice(1)) - 1, true));
  theme(false);
  show((Number(location.hash.slice(1)) || 1) - 1);
}
