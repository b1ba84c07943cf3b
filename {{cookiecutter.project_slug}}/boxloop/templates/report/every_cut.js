// What becomes of a study at another cut. Counts are exact, and all else follows from them but the
// ends of intervals: those were kept, of the draws that the metrics of the study were made of.
(() => {
  const section = document.querySelector("[data-cuts]");
  if (!section) return;
  const { sets, words, symbols } = JSON.parse(section.dataset.cuts);
  const part = (name) => document.getElementById(`cuts-${name}`);
  const range = part("range");
  let set, curve, at;

  // Signal and background that pass a cut, and that do not, in the mix that counts.
  function decided(c, k) {
    const own = c.prevalence === null;
    const each = own ? 1 : c.prevalence / c.signal, other = own ? 1 : (1 - c.prevalence) / c.background;
    const kept = c.kept[k] * each, wrong = c.wrong[k] * other;
    return { kept, wrong, lost: c.signal * each - kept, right: c.background * other - wrong };
  }
  const share = (part, whole) => (whole > 0 ? part / whole : 0);
  const passing = (c, k) => c.kept[k] / c.signal;
  const false_positive = (c, k) => c.wrong[k] / c.background;
  function significance(c, k) {
    const enough = c.wrong[k] >= Math.min(10, c.background) && c.wrong[k] > 0;
    return enough ? passing(c, k) / Math.sqrt(false_positive(c, k)) : null;
  }
  function matthews({ kept, wrong, lost, right }) {
    const spread = (kept + wrong) * (kept + lost) * (right + wrong) * (right + lost);
    return spread > 0 ? (kept * right - wrong * lost) / Math.sqrt(spread) : 0;
  }
  const formulas = {
    completeness: passing,
    signal_efficiency: passing,
    false_positive_rate: false_positive,
    sic: significance,
    sic_at_cut: significance,
    purity(c, k) { const d = decided(c, k); return share(d.kept, d.kept + d.wrong); },
    f1(c, k) { const d = decided(c, k); return share(2 * d.kept, 2 * d.kept + d.wrong + d.lost); },
    accuracy(c, k) { const d = decided(c, k); return (d.kept + d.right) / (d.kept + d.wrong + d.lost + d.right); },
    balanced_accuracy: (c, k) => (passing(c, k) + 1 - false_positive(c, k)) / 2,
    matthews: (c, k) => matthews(decided(c, k)),
    outlier_fraction: (c, k) => c.beyond[k] / c.rows,
  };
  function told(c, name, k) {
    const known = c.measures[name];
    const value = known.value[k] ?? formulas[name](c, k);
    return { value, low: known.low[k], high: known.high[k], few: known.few[k] === "1" };
  }

  // Words, with as many digits as the interval carries.
  const text = (value, places) => value.toFixed(places).replace("-", "−");
  function places({ low, high }) {
    const half = low === null ? 0 : (high - low) / 2;
    if (!(half > 0)) return 3;
    const power = Math.floor(Math.log10(half));
    return Math.min(Math.max((half / 10 ** power >= 2.95 ? 1 : 2) - 1 - power, 2), 4);
  }
  const shown = (one) => (one.value === null ? "–" : text(one.value, places(one)));
  function ends(one) {
    if (one.low === null) return "";
    return `${text(one.low, places(one))} to ${text(one.high, places(one))}${one.few ? ", too few groups" : ""}`;
  }
  const plain = (value) => String(Number(value.toPrecision(4))).replace("-", "−");
  function where(k) {
    if (set.by === "probability") return plain(curve.cut[k]);
    if (set.by === "error") return `${plain(curve.cut[k])} ${set.unit}`.trim();
    const passes = k === curve.adopted ? curve.point : false_positive(curve, k);
    return `${plain(Number((100 * passes).toPrecision(3)))} % (score ${plain(curve.cut[k])} or more)`;
  }

  function row(cells) {
    const line = document.createElement("tr");
    cells.forEach(({ head, say, number, value }) => {
      const cell = line.appendChild(document.createElement(head ? "th" : "td"));
      if (head) cell.scope = "row";
      if (number) cell.className = "number";
      if (value !== undefined) cell.dataset.value = value;
      cell.textContent = say;
    });
    return line;
  }
  function measures() {
    const whose = set.by === "error" ? set.curves : [curve];
    return whose.flatMap((c) => Object.keys(c.measures).map((name) => {
      const label = set.by === "error" ? c.of : words[name];
      return { name, label, ...told(c, name, at) };
    }));
  }
  function counted() {
    const { kept, wrong, signal, background } = curve;
    return [[curve.of, kept[at], signal - kept[at]], ["the rest", wrong[at], background - wrong[at]]];
  }
  function judged(one) {
    const value = told(curve, one.measure, at)[one.quantity];
    if (value === null) return "not measured";
    const holds = { at_least: value >= one.bound, at_most: value <= one.bound, above: value > one.bound };
    return holds[one.sign] ? "met" : "not met";
  }
  function criterion(one) {
    const item = document.createElement("li"), state = judged(one);
    const badge = item.appendChild(document.createElement("span"));
    badge.className = `badge state-${{ met: "pass", "not met": "fail" }[state] || "not-run"}`;
    const sign = badge.appendChild(document.createElement("span"));
    sign.setAttribute("aria-hidden", "true");
    sign.textContent = symbols[state];
    badge.append(` ${state}`);
    item.append(` ${one.name}${one.of ? ` (on these rows; what counts is the ${one.of} set)` : ""}`);
    return item;
  }

  function show(k) {
    at = k;
    const own = at === curve.adopted, lines = measures();
    range.value = at;
    range.setAttribute("aria-valuetext", `${where(at)}${own ? ", the study’s own" : ""}`);
    part("where").textContent = where(at);
    part("own").textContent = own ? ", the study’s own" : "";
    part("back").disabled = at === curve.start;
    part("measures").replaceChildren(...lines.map((one) => row([
      { head: true, say: one.label }, { number: true, say: shown(one), value: one.value ?? "" }, { say: ends(one) },
    ])));
    part("matrix")?.replaceChildren(...counted().map(([name, ...counts]) => row([
      { head: true, say: name }, ...counts.map((say) => ({ number: true, say, value: say })),
    ])));
    part("criteria").replaceChildren(...set.criteria.map(criterion));
    const met = set.criteria.filter((one) => judged(one) === "met").length;
    const said = lines.map((one) => `${one.label} ${shown(one)}`).join(", ");
    return set.criteria.length ? `${said}; ${met} of ${set.criteria.length} criteria met` : said;
  }
  const move = (k) => { part("said").textContent = show(k); };

  function options(select, names) {
    select.replaceChildren(...names.map((name, k) => new Option(name, k)));
    select.parentElement.hidden = names.length < 2;
  }
  function take(chosen, of = 0) {
    set = sets[chosen];
    curve = set.curves[of];
    part("rows").textContent = `${set.set} set (${set.size})`;
    section.querySelector("label[for]").textContent = set.several ? set.ask.replace(set.curves[0].of, curve.of) : set.ask;
    range.max = curve.cut.length - 1;
    part("note").textContent = set.note;
    if (!of) options(part("class"), set.several ? set.curves.map((one) => one.of) : [""]);
    show(curve.start);
  }

  options(part("set"), sets.map((one) => one.set));
  range.addEventListener("input", () => move(Number(range.value)));
  part("back").addEventListener("click", () => { move(curve.start); range.focus(); });
  part("set").addEventListener("change", (event) => take(Number(event.target.value)));
  part("class").addEventListener("change", (event) => take(sets.indexOf(set), Number(event.target.value)));
  // On paper stands what the study has adopted.
  let before;
  addEventListener("beforeprint", () => { before = at; show(curve.start); });
  addEventListener("afterprint", () => show(before));
  take(0);
  section.querySelector(".cuts-controls").hidden = false;
})();
