// Search: the places where the words stand, each with its chapter; Enter and the arrow keys lead there.
const BLOCKS = "h1,h2,h3,h4,h5,h6,p,li,td,th,dt,dd,figcaption,pre,summary,div";
const MOST = 50;
const main = byId("main");
const box = byId("search");
const hits = byId("hits");
const found = byId("found");
const plain = (text) => text.replace(/\s+/g, " ").trim();
let index = null;
let pause = 0;

function makeIndex() {
  const blocks = new Map();
  const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (parent.closest("style, svg, button, .unseen")) continue;
    const block = parent.closest(BLOCKS);
    if (block) blocks.set(block, (blocks.get(block) || "") + walker.currentNode.data);
  }
  return [...blocks].map(([block, text]) => [block, plain(text)]).filter(([, text]) => text);
}

function chapterOf(block) {
  return plain(block.closest("section.chapter")?.querySelector("h2").textContent || "Cover");
}

// The text node and offset of the words, or null where they are spread over several nodes.
function placeOf(block, words) {
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const start = walker.currentNode.data.toLowerCase().indexOf(words);
    if (start >= 0) return [walker.currentNode, start];
  }
  return null;
}

function goTo(block, words) {
  unfold(block);
  showContents(false);
  block.tabIndex = -1;
  block.focus({ preventScroll: true });
  block.scrollIntoView({ block: "center" });
  const place = placeOf(block, words);
  if (place) getSelection().setBaseAndExtent(place[0], place[1], place[0], place[1] + words.length);
  else getSelection().selectAllChildren(block);
}

function hitOf(block, text, words) {
  const at = text.toLowerCase().indexOf(words);
  const link = document.createElement("a");
  const name = document.createElement("b");
  const mark = document.createElement("mark");
  name.textContent = chapterOf(block);
  mark.textContent = text.slice(at, at + words.length);
  const before = text.slice(Math.max(0, at - 40), at);
  link.append(name, (at > 40 ? "…" : "") + before, mark, text.slice(at + words.length, at + words.length + 50));
  link.href = `#${block.closest("[id]").id}`;
  link.addEventListener("click", (event) => { event.preventDefault(); goTo(block, words); });
  const item = document.createElement("li");
  item.append(link);
  return item;
}

function search() {
  const words = plain(box.value).toLowerCase();
  hits.replaceChildren();
  found.textContent = "";
  if (words.length < 2) return;
  index ||= makeIndex();
  const places = index.filter(([, text]) => text.toLowerCase().includes(words));
  hits.append(...places.slice(0, MOST).map(([block, text]) => hitOf(block, text, words)));
  const shown = places.length > MOST ? `, the first ${MOST} shown` : "";
  found.textContent = places.length ? `${places.length} ${places.length === 1 ? "place" : "places"}${shown}` : "Nothing found";
}

function moveThroughHits(event) {
  const links = [...hits.querySelectorAll("a")];
  const next = links.indexOf(document.activeElement) + { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (Number.isNaN(next) || next >= links.length) return;
  event.preventDefault();
  (links[next] || box).focus();
}

byId("search").closest(".search").hidden = false;
box.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(search, 120); });
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter") { search(); hits.querySelector("a")?.click(); }
  if (event.key === "Escape") { box.value = ""; search(); }
});
box.closest(".search").addEventListener("keydown", moveThroughHits);
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea")) return;
  event.preventDefault();
  if (getComputedStyle(contentsButton).display !== "none") showContents(true);
  box.focus();
});
