"use strict";
// The candidates: weights of the index that re-rank them at once, and a list of whom to select with
// what it means. Only one page of rows is ever in the document.
(() => {
  const { ABSENT, absent, integers, numbersOf, lines, fixed, whole, shown, raw, matching, make, pager, save,
    csv } = breedeval;
  const place = document.getElementById("candidates");
  const source = document.getElementById("selection-data");
  if (!place || !source || typeof DecompressionStream === "undefined") return;
  const data = JSON.parse(source.textContent);
  const n = data.rows;
  const SEXES = ["female", "male"];
  const words = { female: "Females", male: "Males", all: "Individuals" };
  const column = (key) => data.columns.find((one) => one.key === key);

  // ---- state -----------------------------------------------------------------------------
  const state = { key: "index", down: true, page: 0, size: 50, search: "", sex: "", ticked: false, use: "alike" };
  let criteria, groups, base, ranks, byRun, relatives, candidatesMean, runFigures;
  let weights = [], index, places, order, ranked = [];
  const list = new Uint8Array(n);

  async function unpack() {
    const names = await lines(data.names);
    await Promise.all(data.columns.map(async (one) => {
      one.whole = await integers(one);
      if (one.kind === "number") { one.values = numbersOf(one.whole, one.places); return; }
      one.texts = one.named ? names : await lines(one.labels);
      one.values = one.whole;
    }));
    criteria = data.criteria.map((one) => ({ ...one, values: column(one.key).values }));
    base = column("index").values.slice();
    ranks = await integers(data.ranks);
    byRun = numbersOf(await integers(data.shares), data.shares.places);
    for (const row of await integers(data.selected)) list[row] = 1;
    relatives = data.coancestry && await coancestryOf(data.coancestry);
    const sex = column("sex");
    const codes = SEXES.map((one) => sex?.texts.indexOf(one) ?? -1);
    const apart = data.by_sex && codes.some((code) => code >= 0);
    groups = apart ? SEXES.map((key, k) => ({ key, rows: everyRow((row) => sex.values[row] === codes[k]) }))
      : [{ key: "all", rows: everyRow(() => true) }];
    groups = groups.filter((one) => one.rows.length);
    weights = data.sets[0].weights.slice();
  }
  const everyRow = (test) => Uint32Array.from({ length: n }, (_, row) => row).filter(test);

  // ---- the index: that of the run, and what weights were changed by ------------------------
  function compute() {
    index = base.slice();
    criteria.forEach((one, k) => {
      const change = (weights[k] - data.sets[0].weights[k]) / one.unit;
      if (change !== 0) for (let row = 0; row < n; row++) index[row] += change * one.values[row];
    });
    column("index").values = index;
    order = everyRow(() => true).sort((a, b) => index[b] - index[a] || a - b);
    places = new Uint32Array(n);
    order.forEach((row, at) => { places[row] = at + 1; });
  }

  function select() {
    const one = column(state.key), sign = state.down ? -1 : 1;
    let rows = order;
    if (state.key !== "index" || !state.down) {
      const v = state.key === "ranks" ? ranks : state.key === "share" ? byRun : one.values;
      rows = order.slice().sort((a, b) => (absent(v[a]) - absent(v[b])) || sign * (v[a] - v[b]) || 0);
    }
    const sex = column("sex");
    const code = state.sex && sex ? sex.texts.indexOf(state.sex) : -1;
    if (code >= 0) rows = rows.filter((row) => sex.values[row] === code);
    if (state.ticked) rows = rows.filter((row) => list[row]);
    if (state.search) {
      const own = column("individual"), hits = matching(own.texts, state.search);
      rows = rows.filter((row) => hits[own.values[row]] > 0);
    }
    ranked = rows;
  }

  // ---- what a list means -------------------------------------------------------------------
  // Shares of the genes of the next generation: half from each sex of which somebody is there.
  function sharesOf(chosen, use) {
    const shares = groups.map((group) => {
      const rows = [...group.rows].filter((row) => chosen[row]);
      const used = rows.filter((row) => byRun[row] > 0);
      const usual = used.length ? used.reduce((sum, row) => sum + byRun[row], 0) / used.length : 1;
      const own = new Float64Array(n);
      let total = 0;
      for (const row of rows) { own[row] = use === "run" && byRun[row] > 0 ? byRun[row] : usual; total += own[row]; }
      for (const row of rows) own[row] /= total;
      return { key: group.key, own, count: rows.length };
    });
    return shares;
  }

  const dot = (x, y) => { let sum = 0; for (let k = 0; k < n; k++) if (x[k]) sum += x[k] * y[k]; return sum; };

  function figures(chosen, use = "alike") {
    const shares = sharesOf(chosen, use), there = shares.filter((one) => one.count);
    const mean = (values) => there.reduce((sum, one) => sum + dot(one.own, values), 0) / there.length;
    const found = { counts: shares.map((one) => one.count), means: criteria.map((one) => mean(one.values)),
      index: mean(index), coancestry: NaN, progeny: NaN };
    found.gains = [...criteria.map((one) => one.values), index].map((values) => shares.reduce((sum, one, k) =>
      sum + (one.count ? dot(one.own, values) - groups[k].mean(values) : 0), 0) / shares.length);
    if (!relatives || !there.length) return found;
    const c = new Float64Array(n);
    for (const one of there) for (let row = 0; row < n; row++) c[row] += one.own[row] / there.length;
    found.coancestry = relatives.mean(c, c);
    if (there.length === 2) found.progeny = relatives.mean(there[0].own, there[1].own);
    else if (groups.length === 1 && there[0].count > 1) {
      let self = 0, same = 0;
      for (let row = 0; row < n; row++) { self += c[row] ** 2 * relatives.diagonal[row]; same += c[row] ** 2; }
      found.progeny = (found.coancestry - self) / (1 - same);
    }
    return found;
  }

  // ---- the weights -------------------------------------------------------------------------
  const weighing = document.getElementById("selection-weights");
  const decimalsFor = (size) => Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(size || 1))));
  function rangeOf(k) {
    const one = criteria[k], own = data.sets[0].weights[k];
    const typical = data.sets[0].weights.reduce((sum, w, j) => sum + Math.abs(w / criteria[j].unit) * criteria[j].sd, 0)
      / criteria.length * one.unit / (one.sd || 1);
    const wide = Math.max(2 * Math.abs(own), typical, ...data.sets.map((set) => Math.abs(set.weights[k] - own)));
    const step = 10 ** Math.floor(Math.log10(wide / 50));
    return { low: Math.floor((own - wide) / step) * step, high: Math.ceil((own + wide) / step) * step, step };
  }

  function drawWeights() {
    weighing.replaceChildren();
    const preset = make("select", { id: "selection-set" },
      ...data.sets.map((set, k) => make("option", { value: k, textContent: k ? set.name : "this run" })),
      make("option", { value: "own", textContent: "your own", hidden: true }));
    preset.addEventListener("change", () => { weights = data.sets[preset.value].weights.slice(); show(); rerank(); });
    const fields = criteria.map((one, k) => {
      const { low, high, step } = rangeOf(k);
      const digits = decimalsFor(step * 100);
      const unit = data.per_deviation ? "a genetic standard deviation" : "a unit";
      const slider = make("input", { type: "range", min: low, max: high, step, "aria-label": `Weight of ${one.key}` });
      const number = make("input", { type: "number", step: "any", "aria-label": `Weight of ${one.key}, as a number` });
      slider.dataset.weight = number.dataset.number = one.key;
      const share = make("output", { className: "emphasis" });
      share.dataset.share = one.key;
      const take = (value) => { weights[k] = value; show(); soon(); };
      slider.addEventListener("input", () => take(Number(slider.value)));
      number.addEventListener("input", () => { if (number.value !== "") take(Number(number.value)); });
      return { slider, number, share, low, high, digits, row: make("div", { className: "weight", role: "group",
        "aria-label": one.key }, make("span", { className: "of", textContent: one.key, title: `Index points for ${unit}` }),
      slider, number, share) };
    });
    function show() {
      const parts = weights.map((w, k) => Math.abs(w / criteria[k].unit) * criteria[k].sd);
      const total = parts.reduce((sum, part) => sum + part, 0) || 1;
      fields.forEach((one, k) => {
        one.slider.min = Math.min(one.low, weights[k]);
        one.slider.max = Math.max(one.high, weights[k]);
        one.slider.value = weights[k];
        if (document.activeElement !== one.number) one.number.value = Number(weights[k].toPrecision(6));
        one.share.textContent = `${fixed(100 * parts[k] / total, 0)} %`;
      });
      const like = data.sets.findIndex((set) => set.weights.every((w, k) => w === weights[k]));
      preset.value = like < 0 ? "own" : String(like);
      again.disabled = like === 0;
    }
    const again = make("button", { type: "button", id: "selection-reset", textContent: "Weights of the run" });
    again.addEventListener("click", () => { weights = data.sets[0].weights.slice(); show(); rerank(); });
    const head = make("div", { className: "weight head", "aria-hidden": "true" },
      make("span", { textContent: data.per_deviation ? "Points a genetic SD" : "Points a unit" }),
      make("span", {}), make("span", { textContent: "Weight" }), make("span", { className: "emphasis", textContent: "Emphasis" }));
    const tools = make("div", { className: "tools" });
    if (data.sets.length > 1) tools.append(make("label", { className: "field" }, "Weights of", preset));
    tools.append(again);
    weighing.append(head, ...fields.map((one) => one.row), tools);
    show();
  }
  let waiting = 0;
  function soon() {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(rerank);
  }
  function rerank() {
    compute();
    for (const group of groups) group.known.clear();
    candidatesMean = figures(new Uint8Array(n).fill(1));
    runFigures = figures(byRun.map((share) => share > 0), "run");
    refresh();
    drawList();
  }

  // ---- the list ----------------------------------------------------------------------------
  const summary = document.getElementById("selection-list");
  function drawList() {
    const mine = figures(list, state.use);
    const rows = groups.map((group, k) => [words[group.key], ...[candidatesMean, runFigures, mine].map((one) =>
      whole(one.counts[k])), ""]);
    const line = (label, key, decimals, pick, gain) => [label, ...[candidatesMean, runFigures, mine].map((one) =>
      fixed(pick(one), decimals)), gain, key];
    const signed = (value, decimals) => (value > 0 ? "+" : "") + fixed(value, decimals);
    rows.push(line("Index, mean", "index", column("index").decimals, (one) => one.index,
      mine.counts.some(Boolean) ? signed(mine.gains[criteria.length], column("index").decimals) : "–"));
    criteria.forEach((one, k) => rows.push(line(`${one.key}, mean`, one.key, column(one.key).decimals,
      (found) => found.means[k], mine.counts.some(Boolean) ? signed(mine.gains[k], column(one.key).decimals) : "–")));
    if (relatives) {
      rows.push(line("Mean coancestry", "coancestry", 4, (one) => one.coancestry, ""));
      rows.push(["Expected inbreeding of progeny", ...[candidatesMean, runFigures, mine].map((one) =>
        absent(one.progeny) ? "–" : `${fixed(100 * one.progeny, 2)} %`), "", "progeny"]);
      if (relatives.pedigree) rows.push(line("Unrelated individuals as diverse", "unrelated", 1, (one) => 1 / (2 * one.coancestry), ""));
    }
    const body = rows.map(([label, all, run, own, gain, key]) => {
      const row = make("tr", {}, make("th", { scope: "row", textContent: label }),
        ...[all, run, own, gain].map((text, k) => make("td", { className: "num" + (k === 2 ? " strong" : ""), textContent: text ?? "" })));
      if (key) row.dataset.figure = key;
      return row;
    });
    groups.forEach((group, k) => { body[k].dataset.figure = group.key; });
    summary.tBodies[0].replaceChildren(...body);
    const count = list.reduce((sum, one) => sum + one, 0);
    counted.textContent = `${whole(count)} on your list`;
  }

  const status = make("p", { id: "selection-status", role: "status", "aria-live": "polite" });
  const counted = make("p", { id: "selection-count", role: "status", "aria-live": "polite" });
  const paper = make("p", { className: "paper note" });
  const pages = make("div", { className: "pager" });

  function tick(row, on) {
    list[row] = on ? 1 : 0;
    drawList();
    if (state.ticked) { select(); drawBody(); }
  }

  function changed() { drawList(); select(); state.page = 0; drawBody(); }
  function take(numbers) {
    list.fill(0);
    groups.forEach((group, k) => {
      const among = new Set(group.rows);
      let left = numbers[k];
      for (const row of order) { if (left <= 0) break; if (among.has(row)) { list[row] = 1; left--; } }
    });
    changed();
  }

  function drawTools() {
    const best = groups.map((group, k) => make("input", { type: "number", min: 0, max: group.rows.length,
      value: runFigures.counts[k], "aria-label": `How many ${words[group.key].toLowerCase()}` }));
    best.forEach((input, k) => { input.dataset.best = groups[k].key; });
    const button = (id, text, act, kind = "") => {
      const made = make("button", { type: "button", id, textContent: text, className: kind });
      made.addEventListener("click", act);
      return made;
    };
    const form = make("div", { className: "tools" },
      ...groups.map((group, k) => make("label", { className: "field" }, `Best ${words[group.key].toLowerCase()}`, best[k])),
      button("selection-best", "Take the best", () => take(best.map((one) => Number(one.value))), "main"),
      button("selection-run", "As the run", () => { byRun.forEach((share, row) => { list[row] = share > 0 ? 1 : 0; }); changed(); }),
      button("selection-clear", "Clear", () => { list.fill(0); changed(); }));
    if (data.unequal) {
      const use = make("select", { id: "selection-use" }, make("option", { value: "run", textContent: "as in the run" }),
        make("option", { value: "alike", textContent: "all alike" }));
      use.addEventListener("change", () => { state.use = use.value; drawList(); });
      state.use = "run";
      form.append(make("label", { className: "field" }, "How much each is used", use));
    }
    const saving = make("div", { className: "tools" },
      button("selection-csv", "List as CSV", () => download("csv", "list")),
      button("selection-xlsx", "List as XLSX", () => download("xlsx", "list")),
      button("selection-all", "All candidates as CSV", () => download("csv", "all")));
    document.getElementById("selection-tools").replaceChildren(counted, form, saving);

    const search = make("input", { type: "search", placeholder: "Part of an identifier, or \"whole\"", autocomplete: "off", spellcheck: false });
    search.dataset.find = "search";
    search.addEventListener("input", () => { state.search = search.value.trim(); refresh(); });
    const finding = make("label", { className: "field search" }, "Search a candidate", search);
    const tools = make("div", { className: "tools" }, finding);
    if (groups.length > 1) {
      const sex = make("select", {}, make("option", { value: "", textContent: "all" }),
        ...groups.map((group) => make("option", { value: group.key, textContent: group.key })));
      sex.dataset.find = "sex";
      sex.addEventListener("change", () => { state.sex = sex.value; refresh(); });
      tools.append(make("label", { className: "field" }, "Sex", sex));
    }
    const only = make("input", { type: "checkbox", id: "selection-only" });
    only.addEventListener("change", () => { state.ticked = only.checked; refresh(); });
    tools.append(make("label", { className: "check" }, only, "Your list only"));
    place.prepend(tools, make("div", { className: "over" }, status));
    place.append(make("div", { className: "under" }, paper, pages));
  }

  // ---- the table ---------------------------------------------------------------------------
  const table = place.querySelector("table");
  const scroller = place.querySelector(".scroll");
  const runColumns = [
    { key: "ranks", label: "Rank in the run", help: "Place by the index of the run file.", text: (row) => whole(ranks[row]) },
    { key: "share", label: "Use in the run", help: "Share of the genes of the next generation.",
      text: (row) => byRun[row] > 0 ? `${fixed(100 * byRun[row], 2)} %` : "" }];

  function drawHead() {
    const row = make("tr", {}, make("th", { scope: "col", className: "tick", textContent: "List" }),
      make("th", { scope: "col", className: "place", textContent: "#", title: "Place by the index" }));
    for (const one of [...data.columns, ...runColumns]) {
      const button = make("button", { type: "button", textContent: one.label, title: one.help });
      const cell = make("th", { scope: "col" }, button);
      cell.dataset.key = one.key;
      if (one.kind !== "text") cell.classList.add("num");
      if (one.key === "individual") cell.classList.add("key");
      if (one.key === state.key) cell.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      button.addEventListener("click", () => {
        state.down = state.key === one.key ? !state.down : one.kind !== "text" && one.key !== "ranks";
        state.key = one.key;
        drawHead();
        table.tHead.querySelector(`th[data-key="${CSS.escape(one.key)}"] button`).focus();
        refresh();
      });
      row.append(cell);
    }
    table.tHead.replaceChildren(row);
  }

  function drawRow(row) {
    const name = column("individual").texts[column("individual").values[row]];
    const box = make("input", { type: "checkbox", checked: Boolean(list[row]), "aria-label": `${name} on your list` });
    box.dataset.tick = name;
    box.addEventListener("change", () => { tick(row, box.checked); made.classList.toggle("on", box.checked); });
    const made = make("tr", { className: list[row] ? "on" : "" },
      make("td", { className: "tick" }, make("label", {}, box)),
      make("td", { className: "place", textContent: whole(places[row]) }));
    for (const one of data.columns) {
      const text = shown(one, row);
      const page = one.key === "individual" && Object.hasOwn(data.pages, text) && data.pages[text];
      const cell = one.key === "individual" ? make("th", { scope: "row", title: text },
        page ? make("a", { href: `pages/${encodeURIComponent(page)}`, textContent: text }) : text)
        : make("td", { className: one.kind === "number" ? "num" : "", textContent: text });
      cell.dataset.key = one.key;
      if (one.key === "index") cell.classList.add("strong");
      if (one.bar && !absent(one.values[row])) {
        cell.classList.add("bar");
        cell.style.setProperty("--share", Math.min(1, Math.max(0, one.values[row])));
      }
      made.append(cell);
    }
    for (const one of runColumns) {
      const cell = make("td", { className: "num", textContent: one.text(row) });
      cell.dataset.key = one.key;
      made.append(cell);
    }
    return made;
  }

  function drawBody() {
    const last = Math.max(1, Math.ceil(ranked.length / state.size));
    state.page = Math.min(Math.max(state.page, 0), last - 1);
    const first = state.page * state.size;
    const rows = [...ranked.slice(first, first + state.size)].map(drawRow);
    if (!rows.length) {
      rows.push(make("tr", {}, make("td", { className: "nobody", colSpan: data.columns.length + 4,
        textContent: "Nobody is here: change what is looked for." })));
    }
    const held = document.activeElement?.dataset?.tick;
    table.tBodies[0].replaceChildren(...rows);
    if (held) table.tBodies[0].querySelector(`[data-tick="${CSS.escape(held)}"]`)?.focus();
    status.textContent = ranked.length === n ? `${whole(n)} candidates` : `${whole(ranked.length)} of ${whole(n)} candidates`;
    paper.textContent = `Rows ${whole(Math.min(first + 1, ranked.length))} to `
      + `${whole(Math.min(first + state.size, ranked.length))} of ${whole(ranked.length)}. Weights: `
      + criteria.map((one, k) => `${one.key} ${Number(weights[k].toPrecision(6))}`).join(", ") + ".";
    pager(pages, state, ranked.length, "Candidates", () => { drawBody(); scroller.scrollTop = 0; });
  }

  function refresh() {
    select();
    state.page = 0;
    drawBody();
    scroller.scrollTop = 0;
  }

  // ---- files -------------------------------------------------------------------------------
  function download(form, what) {
    const head = ["rank", ...data.columns.map((one) => one.key), "rank_in_run", "use_in_run"];
    const cells = (row) => [places[row], ...data.columns.map((one) => one.key === "index" ? index[row] : raw(one, row)),
      ranks[row], byRun[row] > 0 ? byRun[row] : ""];
    const rows = [head, ...[...order].filter((row) => what === "all" || list[row]).map(cells)];
    const name = what === "all" ? "candidates" : "selection_list";
    if (form === "csv") return save(`${name}.csv`, "text/csv", csv(rows));
    const told = [...summary.querySelectorAll("tr")].map((row) => [...row.cells].map((cell) => cell.textContent));
    const used = [["criterion", "weight"], ...criteria.map((one, k) => [one.key, weights[k]])];
    return save(`${name}.xlsx`, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
      ...workbook([{ name: "List", rows }, { name: "What it means", rows: told }, { name: "Weights", rows: used }]));
  }

  // ---- start -------------------------------------------------------------------------------
  async function start() {
    await unpack();
    for (const group of groups) {
      group.known = new Map();
      group.mean = (values) => {
        if (!group.known.has(values)) group.known.set(values, group.rows.reduce((sum, row) => sum + values[row], 0) / group.rows.length);
        return group.known.get(values);
      };
    }
    compute();
    candidatesMean = figures(new Uint8Array(n).fill(1));
    runFigures = figures(byRun.map((share) => share > 0), "run");
    if (data.movable) drawWeights();
    drawTools();
    drawHead();
    refresh();
    drawList();
    document.getElementById("candidates-fallback")?.remove();
    document.getElementById("selection").classList.add("live");
    place.dataset.ready = "yes";
  }
  start();
})();
