"use strict";
// The table of individuals: columns are unpacked when first needed, rows are indices into them,
// and only one page of rows is ever in the document. See packing.py for the format.
(() => {
  const { ABSENT, absent, integers, numbersOf, lines, whole, shown, raw, form, matching, make, pager: turnPages,
    save, csv } = breedeval;
  const place = document.getElementById("ranking");
  const source = document.getElementById("ranking-data");
  if (!place || !source || typeof DecompressionStream === "undefined") return;
  const data = JSON.parse(source.textContent);
  for (const view of data.views.slice(1)) {
    view.columns = view.columns.map((column) => !column.as_first ? column
      : data.views[0].columns.find((one) => one.key === column.key));
  }
  const everyRow = Uint32Array.from({ length: data.rows }, (_, row) => row);

  let names = null;
  function unpack(column) {
    column.ready ??= load(column);
    return column.ready;
  }

  async function load(column) {
    if (column.root) {
      const under = data.views.find((view) => view.columns.includes(column))
        .columns.find((one) => one.key === column.root);
      await unpack(under);
      column.whole = under.whole;
      column.values = under.values.map((value) => Math.sqrt(Math.max(0, value)));
    } else if (column.kind === "number") {
      column.whole = await integers(column);
      column.values = numbersOf(column.whole, column.places);
    } else {
      if (column.named) names ??= lines(data.names);
      column.texts = column.named ? await names : await lines(column.labels);
      column.values = column.whole = await integers(column);
    }
  }

  // ---- state -----------------------------------------------------------------------------
  const state = { view: 0, key: "breeding_value", down: true, page: 0, size: 50, search: "" };
  const filters = new Map();          // key -> {low, high} or {code} or {text}
  let columns = [];                   // of the current view, in the order shown
  let ranked = everyRow;              // rows that pass the filters, sorted

  const valueOrder = ["breeding_value", "se", "reliability", "accuracy"];
  function columnsOf(view) {
    const first = view.columns.filter((column) => valueOrder.includes(column.key));
    const rest = view.columns.filter((column) => !valueOrder.includes(column.key));
    return [data.columns[0], ...first, ...rest, ...data.columns.slice(1)];
  }
  const column = (key) => columns.find((one) => one.key === key);

  // ---- sorting and filtering -------------------------------------------------------------
  function sorted(by, down) {
    const name = down ? "falling" : "rising";
    if (by[name]) return by[name];
    const w = by.whole;
    const known = everyRow.filter((row) => w[row] !== ABSENT);
    const unknown = everyRow.filter((row) => w[row] === ABSENT);
    // Value and row in one number (32 + 20 bits are exact in a float) sort without a comparator.
    const room = 2 ** 20;
    const keys = Float64Array.from(known, (row) => (down ? -w[row] : w[row]) * room + row).sort();
    const order = new Uint32Array(data.rows);
    keys.forEach((key, k) => { order[k] = key - Math.floor(key / room) * room; });
    order.set(unknown, known.length);
    by[name] = order;
    return order;
  }

  function tests() {
    const list = [];
    const value = column("breeding_value").values;
    list.push((row) => value[row] === value[row]);
    for (const [key, filter] of filters) {
      const one = column(key);
      if (!one) continue;
      const v = one.values;
      if (one.kind === "number") {
        const { low, high } = filter;
        list.push((row) => v[row] >= low && v[row] <= high);
      } else if (filter.code !== undefined) {
        list.push((row) => v[row] === filter.code);
      } else {
        const hits = matching(one.texts, filter.text);
        list.push((row) => v[row] !== ABSENT && hits[v[row]] > 0);
      }
    }
    return list;
  }

  function select() {
    const checks = tests();
    let rows = sorted(column(state.key) ?? column("breeding_value"), state.down);
    rows = rows.filter((row) => checks.every((check) => check(row)));
    if (state.search) {
      const own = column("individual");
      const hits = matching(own.texts, state.search);
      rows = rows.filter((row) => hits[own.values[row]] > 0);
      const first = rows.filter((row) => hits[own.values[row]] === 2);
      if (first.length && first.length < rows.length) {
        const rest = rows.filter((row) => hits[own.values[row]] !== 2);
        rows.set(first);
        rows.set(rest, first.length);
      }
    }
    ranked = rows;
  }

  // ---- the parts of the page -------------------------------------------------------------
  const table = place.querySelector("table");
  const scroller = place.querySelector(".scroll");
  const head = table.tHead;
  const body = table.tBodies[0];
  const status = make("p", { id: "ranking-status", role: "status", "aria-live": "polite" });
  const paper = make("p", { className: "paper note" });
  const tools = make("div", { className: "tools" });
  const moreTools = make("div", { className: "tools" });
  const pager = make("div", { className: "pager" });
  const actions = make("div", { className: "actions" });

  function drawHead() {
    const row = make("tr", {}, make("th", { scope: "col", className: "place",
      textContent: "#", title: "Place in this list" }));
    for (const one of columns) {
      const button = make("button", { type: "button", textContent: one.label, title: one.help });
      const cell = make("th", { scope: "col" }, button);
      cell.dataset.key = one.key;
      if (one.kind === "number") cell.classList.add("num");
      if (one.key === "individual") cell.classList.add("key");
      if (one.key === state.key) cell.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      button.addEventListener("click", () => sortBy(one));
      row.append(cell);
    }
    head.replaceChildren(row);
  }

  function drawCell(one, row) {
    const text = shown(one, row);
    if (one.key === "individual") return make("th", { scope: "row", textContent: text, title: text });
    const cell = make("td", { className: one.kind === "number" ? "num" : "" });
    cell.dataset.key = one.key;
    if (one.key === "breeding_value") cell.classList.add("strong");
    if (one.bar && !absent(one.values[row])) {
      cell.classList.add("bar");
      cell.style.setProperty("--share", Math.min(1, Math.max(0, one.values[row])));
    }
    if (one.named && text !== "–") {
      const button = make("button", { type: "button", textContent: text, title: "Find " + text });
      button.addEventListener("click", () => find(text));
      cell.append(button);
    } else cell.textContent = text;
    return cell;
  }

  function drawBody() {
    const pages = Math.max(1, Math.ceil(ranked.length / state.size));
    state.page = Math.min(Math.max(state.page, 0), pages - 1);
    const first = state.page * state.size;
    const rows = [...ranked.subarray(first, first + state.size)].map((row, k) => make("tr", {},
      make("td", { className: "place", textContent: whole(first + k + 1) }),
      ...columns.map((one) => drawCell(one, row))));
    if (!rows.length) {
      rows.push(make("tr", {}, make("td", { className: "nobody", colSpan: columns.length + 1,
        textContent: "Nobody passes these filters." })));
    }
    body.replaceChildren(...rows);
    scroller.scrollTop = 0;
    status.textContent = ranked.length === data.rows
      ? `${whole(data.rows)} individuals` : `${whole(ranked.length)} of ${whole(data.rows)} individuals`;
    const by = column(state.key)?.label ?? "";
    paper.textContent = `Rows ${whole(Math.min(first + 1, ranked.length))} to ${whole(first + body.rows.length)} of `
      + `${whole(ranked.length)}, sorted by ${by}. Everybody is in the file of breeding values.`;
    turnPages(pager, state, ranked.length, "Individuals", drawBody);
  }

  function refresh() {
    select();
    state.page = 0;
    drawBody();
  }
  let waiting = 0;
  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, 120);
  }

  function sortBy(one) {
    state.down = state.key === one.key ? !state.down : one.kind === "number";
    state.key = one.key;
    drawHead();
    head.querySelector(`th[data-key="${CSS.escape(one.key)}"] button`).focus();
    refresh();
  }

  // ---- filters ---------------------------------------------------------------------------
  function field(label, ...inputs) {
    if (inputs.length === 1) return make("label", { className: "field" }, label, inputs[0]);
    return make("fieldset", { className: "field" }, make("legend", { textContent: label }),
      make("div", { className: "pair" }, inputs[0], "–", inputs[1]));
  }

  function rangeField(one) {
    const factor = one.percent ? 100 : 1;
    const known = one.values.filter((value) => !absent(value)).map((value) => value * factor);
    let least = Infinity, most = -Infinity;
    for (const value of known) { least = Math.min(least, value); most = Math.max(most, value); }
    const unit = one.percent ? " (%)" : "";
    const end = (word, hint) => {
      const input = make("input", { type: "number", step: "any", "aria-label": `${one.label}${unit}, ${word}`,
        placeholder: known.length ? form(one.decimals, false).format(hint) : "" });
      input.dataset.filter = `${one.key}-${word}`;
      return input;
    };
    const low = end("from", least), high = end("to", most);
    const read = () => {
      if (low.value === "" && high.value === "") filters.delete(one.key);
      else {
        filters.set(one.key, { low: low.value === "" ? -Infinity : Number(low.value) / factor,
          high: high.value === "" ? Infinity : Number(high.value) / factor });
      }
      soon();
    };
    low.addEventListener("input", read);
    high.addEventListener("input", read);
    return field(one.label + unit, low, high);
  }

  function choiceField(one) {
    const input = make("select", {}, make("option", { value: "", textContent: "all" }),
      ...one.texts.map((text, code) => make("option", { value: code, textContent: text })));
    input.dataset.filter = one.key;
    input.addEventListener("change", () => {
      if (input.value === "") filters.delete(one.key);
      else filters.set(one.key, { code: Number(input.value) });
      soon();
    });
    return field(one.label, input);
  }

  function textField(one) {
    const input = make("input", { type: "search", placeholder: "any", size: 12 });
    input.dataset.filter = one.key;
    input.title = "Part of the text; put it in quotes for the whole: \"12\"";
    input.addEventListener("input", () => {
      if (input.value.trim() === "") filters.delete(one.key);
      else filters.set(one.key, { text: input.value.trim() });
      soon();
    });
    return field(one.label, input);
  }

  function filterField(one) {
    if (one.kind === "number") return rangeField(one);
    return one.count <= 200 ? choiceField(one) : textField(one);
  }

  const search = make("input", { type: "search", placeholder: "Part of an identifier, or \"whole\"",
    autocomplete: "off", spellcheck: false });
  search.dataset.filter = "search";
  search.addEventListener("input", () => { state.search = search.value.trim(); soon(); });

  function find(name) {
    clear();
    search.value = `"${name}"`;
    state.search = search.value;
    refresh();
    search.focus();
  }

  function clear() {
    filters.clear();
    state.search = "";
    for (const input of place.querySelectorAll("[data-filter]")) input.value = "";
  }

  function drawTools() {
    tools.replaceChildren();
    moreTools.replaceChildren();
    if (data.views.length > 1) {
      const choice = make("select", { id: "ranking-view" }, ...data.views.map((view, k) =>
        make("option", { value: k, textContent: view.label, selected: k === state.view })));
      choice.addEventListener("change", () => show(Number(choice.value)));
      const chooser = field("Breeding value of", choice);
      chooser.classList.add("wide-field");
      tools.append(chooser);
    }
    const searching = field("Search an individual", search);
    searching.classList.add("search");
    tools.append(searching);
    const filterable = columns.filter((one) => one.key !== "individual");
    const carried = filterable.filter((one) => data.columns.includes(one)
      && !["sex", "birth_year", "generation", "sire", "dam"].includes(one.key)).slice(0, 2);
    const near = filterable.filter((one) => ["sex", "birth_year", "reliability"].includes(one.key)
      || carried.includes(one));
    tools.append(...near.filter((one) => one.kind === "text").map(filterField),
      ...near.filter((one) => one.kind === "number").map(filterField));
    moreTools.append(...filterable.filter((one) => !near.includes(one)).map(filterField));
    const reset = make("button", { type: "button", id: "ranking-clear", textContent: "Clear filters" });
    reset.addEventListener("click", () => { clear(); refresh(); });
    const saver = make("button", { type: "button", id: "ranking-save", className: "main",
      textContent: "Download CSV" });
    saver.addEventListener("click", download);
    actions.replaceChildren(reset, saver);
  }

  // ---- the list as a file ----------------------------------------------------------------
  function download() {
    const view = data.views[state.view];
    const fixed = ["effect", "component", "trait"];
    const start = fixed.map((name) => view[name]);
    const rows = [[...fixed, ...columns.map((one) => one.key)]];
    for (const row of ranked) rows.push([...start, ...columns.map((one) => raw(one, row))]);
    save(`breeding_values_${view.label.replace(/[^\w.-]+/g, "_")}.csv`, "text/csv", csv(rows));
  }

  // ---- start -----------------------------------------------------------------------------
  async function show(number) {
    state.view = number;
    columns = columnsOf(data.views[number]);
    await Promise.all(columns.map(unpack));
    filters.clear();
    if (!column(state.key)) { state.key = "breeding_value"; state.down = true; }
    drawTools();
    drawHead();
    refresh();
  }

  async function start() {
    await show(0);
    const more = make("details", { className: "more" },
      make("summary", { textContent: "More filters" }), moreTools);
    place.prepend(tools, more, make("div", { className: "over" }, status, actions));
    place.append(make("div", { className: "under" }, paper, pager));
    document.getElementById("ranking-fallback")?.remove();
    place.dataset.ready = "yes";
  }
  start();
})();
