// Tables can be copied and saved, figures saved. The buttons of a chapter are one tab stop, as the
// stations of the loop are: arrows move on.
const plainText = (text) => text.replace(/\s+/g, " ").trim();
const isNumber = (text) => /^[-+]?[\d.,]+(e[-+]?\d+)?$/i.test(text);

// The words of a cell: an interval in brackets, a minus that programs read, no formula of a spreadsheet.
function cellText(cell) {
  const copy = cell.cloneNode(true);
  copy.querySelectorAll("[aria-hidden=true], .unseen, td.id > p").forEach((part) => part.remove());
  copy.querySelectorAll("p, li, br, div").forEach((part) => part.before(" "));
  const small = copy.matches(".number") ? copy.querySelector("small") : null;
  if (small && plainText(small.textContent)) small.textContent = `(${small.textContent})`;
  let text = plainText(copy.textContent).replace(/\u2212(?=[\d.])/g, "-");
  if (text === "–") text = "";
  return /^[=+@-]/.test(text) && !isNumber(text.split(" ")[0]) ? `'${text}` : text;
}
function rowsOf(table) {
  return [...table.rows].map((row) => [...row.cells].flatMap((cell) => [cellText(cell), ...Array(cell.colSpan - 1).fill("")]));
}
const asTabs = (rows) => rows.map((row) => row.join("\t")).join("\n");
const asCsv = (rows) => rows.map((row) => row.map((text) => (/[",\n;]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(",")).join("\r\n") + "\r\n";

async function copyWords(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // a browser that gives the clipboard to no page of a disk
    const field = document.createElement("textarea");
    Object.assign(field, { value: text, className: "unseen", ariaHidden: "true" });
    document.body.append(field);
    const before = document.activeElement;
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    before?.focus();
    return done;
  }
}
function download(blob, name) {
  const link = document.createElement("a");
  Object.assign(link, { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
function bytesOf(source) {
  const [, kind, content] = source.match(/^data:([^;,]+);base64,(.*)$/s) ?? [];
  return content && new Blob([Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0))], { type: kind });
}
// A picture of lines becomes one of dots, 288 to the inch.
function dotsOf(image) {
  const [width, height] = [image.naturalWidth * 3, image.naturalHeight * 3];
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d").drawImage(image, 0, 0, width, height);
  return new Promise((done) => { canvas.toBlob(done, "image/png"); });
}
const fileName = (words) => plainText(words).replace(/[^\p{L}\p{N}.]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 80) || "part";

function addTools(place, name, actions) {
  const bar = document.createElement("div");
  bar.className = "tools";
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", name);
  Object.entries(actions).forEach(([word, act]) => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", textContent: word, tabIndex: 0 });
    button.setAttribute("aria-label", `${word}: ${name}`);
    button.addEventListener("click", async () => {
      const said = await act();
      if (!said) return;
      button.textContent = said;
      setTimeout(() => { button.textContent = word; }, 2000);
    });
    bar.append(button);
  });
  place(bar);
}
document.querySelectorAll("main .scroll > table").forEach((table) => {
  const name = table.parentElement.getAttribute("aria-label") || "Table";
  addTools((bar) => table.parentElement.before(bar), name, {
    Copy: async () => ((await copyWords(asTabs(rowsOf(table)))) ? "Copied" : "Not copied"),
    CSV: () => download(new Blob(["\ufeff", asCsv(rowsOf(table))], { type: "text/csv" }), `${fileName(name)}.csv`),
  });
});
document.querySelectorAll("main figure > img").forEach((image) => {
  const figure = image.parentElement;
  const name = figure.querySelector(".figure-number")?.textContent || "Figure";
  const file = fileName(`${name} ${image.dataset.name ?? ""}`);
  const own = image.src.match(/^data:image\/([a-z]+)/)?.[1];
  const actions = own === "svg" || own === "png" ? {
    PNG: async () => download(own === "png" ? bytesOf(image.src) : await dotsOf(image), `${file}.png`),
  } : { Save: () => download(bytesOf(image.src), `${file}.${own}`) };
  if (own === "svg") actions.SVG = () => download(bytesOf(image.src), `${file}.svg`);
  addTools((bar) => figure.prepend(bar), name, actions);
});

// One of several is a stop: the one that had the focus last. What is folded away is passed over.
function rove(all) {
  const stop = (one) => all.forEach((each) => { each.tabIndex = each === one ? 0 : -1; });
  const first = () => stop(all.find((one) => one.checkVisibility?.() ?? true) ?? all[0]);
  all.forEach((one) => {
    one.addEventListener("focus", () => stop(one));
    one.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      const seen = all.filter((each) => each.checkVisibility?.() ?? true);
      seen.at((seen.indexOf(one) + step) % seen.length).focus();
      event.preventDefault();
    });
  });
  first();
  document.addEventListener("toggle", () => {
    if (!(all.find((one) => one.tabIndex === 0)?.checkVisibility?.() ?? true)) first();
  }, true);
}
const bySection = Map.groupBy ? Map.groupBy(document.querySelectorAll(".tools button"), (one) => one.closest("section") ?? document)
  : new Map([...document.querySelectorAll(".tools")].map((bar) => [bar, [...bar.children]]));
bySection.forEach((buttons) => rove([...buttons]));
const stations = [...document.querySelectorAll("svg.loop a.station")];
if (stations.length) rove(stations);

// What does not scroll is no stop on the way of the Tab key.
const scrolling = (box) => box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
const boxes = new ResizeObserver((entries) => entries.forEach(({ target }) => {
  target.tabIndex = scrolling(target) ? 0 : -1;
}));
document.querySelectorAll("main [tabindex='0']:is(.scroll, pre, .formula)").forEach((box) => boxes.observe(box));
