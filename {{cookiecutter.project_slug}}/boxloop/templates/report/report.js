// Everything here is a comfort: the page can be read without it.
const root = document.documentElement;
root.classList.add("js");
const byId = (id) => document.getElementById(id);

function remember(key, value) {
  try { localStorage.setItem(key, value); } catch { /* a page opened from a disk may have no storage */ }
}
function recall(key) {
  try { return localStorage.getItem(key); } catch { return null; }
}

const themeButton = byId("theme-button");
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches);
function setTheme(theme) {
  if (theme) root.dataset.theme = theme;
  themeButton.textContent = isDark() ? "Light" : "Dark";
  themeButton.setAttribute("aria-label", `Change to ${isDark() ? "light" : "dark"} colours`);
}
themeButton.addEventListener("click", () => {
  setTheme(isDark() ? "light" : "dark");
  remember("boxloop-theme", root.dataset.theme);
});
prefersDark.addEventListener("change", () => setTheme());
setTheme(recall("boxloop-theme"));

const codeButton = byId("code-button");
codeButton.addEventListener("click", () => {
  const show = codeButton.getAttribute("aria-pressed") !== "true";
  codeButton.setAttribute("aria-pressed", String(show));
  document.querySelectorAll("details.code").forEach((cell) => { cell.open = show; });
});

// A chapter in full, or everything: the folds of a part open and close together.
const wholeButtons = [byId("full-button"), ...document.querySelectorAll("button.whole")];
wholeButtons.forEach((button) => button.addEventListener("click", () => {
  const show = button.getAttribute("aria-pressed") !== "true";
  const part = button.closest("section.chapter") || document;
  part.querySelectorAll(".rest, .annex").forEach((fold) => { fold.open = show; });
  [part, ...part.querySelectorAll("section.chapter")].forEach((one) => one.classList?.toggle("full", show));
  [button, ...(part === document ? wholeButtons : [])].forEach((one) => one.setAttribute("aria-pressed", String(show)));
}));

const contentsButton = byId("contents-button");
function showContents(show) {
  root.classList.toggle("contents-open", show);
  contentsButton.setAttribute("aria-expanded", String(show));
}
contentsButton.addEventListener("click", () => showContents(!root.classList.contains("contents-open")));
byId("contents").addEventListener("click", (event) => { if (event.target.closest("a")) showContents(false); });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") showContents(false); });
[themeButton, codeButton, contentsButton, ...wholeButtons].forEach((button) => { button.hidden = false; });

// The contents follow the scroll: the last heading above the upper third is where the reader is.
const nav = byId("contents");
const links = [...nav.querySelectorAll("a")];
const marks = links.map((link) => [link, byId(decodeURIComponent(link.hash.slice(1)))]).filter(([, mark]) => mark);
const isFolded = (mark) => mark.closest("details:not([open])") !== null;
let waiting = false;
function follow() {
  waiting = false;
  const line = innerHeight / 3;
  const above = marks.filter(([, mark]) => !isFolded(mark) && mark.getBoundingClientRect().top <= line);
  const here = (above.at(-1) || marks[0])[0];
  if (here.getAttribute("aria-current")) return;
  links.forEach((link) => link.removeAttribute("aria-current"));
  document.querySelectorAll("#contents li.here").forEach((item) => item.classList.remove("here"));
  here.setAttribute("aria-current", "true");
  for (let item = here.closest("li"); item; item = item.parentElement.closest("li")) item.classList.add("here");
  const box = here.getBoundingClientRect();
  const frame = nav.getBoundingClientRect();
  if (box.top < frame.top) nav.scrollTop += box.top - frame.top - 20;
  if (box.bottom > frame.bottom) nav.scrollTop += box.bottom - frame.bottom + 20;
}
addEventListener("scroll", () => {
  if (!waiting) { waiting = true; requestAnimationFrame(follow); }
}, { passive: true });
follow();

// A station under the pointer or in focus shows its checks in the list beside the loop.
document.querySelectorAll("svg.loop a.station").forEach((station) => {
  const item = document.querySelector(`ol.stations > li[data-station="${station.dataset.station}"]`);
  const list = item.querySelector("details");
  const show = () => {
    item.classList.add("lit");
    if (list && !list.open) { list.open = true; list.classList.add("peek"); }
  };
  const hide = () => {
    item.classList.remove("lit");
    if (list?.classList.contains("peek")) { list.open = false; list.classList.remove("peek"); }
  };
  station.addEventListener("focus", show);
  station.addEventListener("blur", hide);
  station.addEventListener("mouseenter", show);
  station.addEventListener("mouseleave", hide);
});

// Each piece of code can be copied as it is.
async function copyText(pre) {
  try {
    await navigator.clipboard.writeText(pre.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(pre);
    return document.execCommand("copy");
  }
}
function addCopyButton(cell) {
  if (cell.querySelector(".copy")) return;
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "copy", textContent: "Copy" });
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    button.textContent = (await copyText(cell.querySelector("pre"))) ? "Copied" : "Press Ctrl+C";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  cell.querySelector("summary").after(button);
}
document.addEventListener("toggle", (event) => {
  if (event.target.matches("details.code[open]")) addCopyButton(event.target);
}, true);
document.querySelectorAll("details.code[open]").forEach(addCopyButton);

// What an address points at is shown, also where it is folded away.
function unfold(element) {
  for (let fold = element?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
}
function arrive() {
  const target = byId(decodeURIComponent(location.hash.slice(1)));
  if (target?.closest("details:not([open])")) { unfold(target); target.scrollIntoView(); }
}
addEventListener("hashchange", arrive);
arrive();

// Paper shows the lists that the screen folds; code, chapters and annexes stay as the reader left them.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not(.code, .rest, .annex):not([open])")];
  opened.forEach((fold) => { fold.open = true; });
});
addEventListener("afterprint", () => opened.forEach((fold) => { fold.open = false; }));
