"use strict";
// What the tables of the page share: unpacking columns (see packing.py), writing numbers, making
// elements, and saving files.
const breedeval = (() => {
  const ABSENT = -(2 ** 31);
  const absent = (value) => value === ABSENT || value !== value;

  // ---- unpacking -------------------------------------------------------------------------
  async function inflate(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  async function integers(column) {
    const bytes = await inflate(column.data);
    const n = bytes.length / 4;
    const values = new Int32Array(n);
    let last = 0;
    for (let i = 0; i < n; i++) {
      const value = bytes[i] | (bytes[n + i] << 8) | (bytes[2 * n + i] << 16) | (bytes[3 * n + i] << 24);
      last = column.delta ? (last + value) | 0 : value;
      values[i] = last;
    }
    return values;
  }

  function numbersOf(whole, places) {
    const step = 10 ** Math.abs(places);
    const values = new Float64Array(whole.length);
    for (let i = 0; i < whole.length; i++) {
      values[i] = whole[i] === ABSENT ? NaN : places < 0 ? whole[i] * step : whole[i] / step;
    }
    return values;
  }

  async function lines(text) {
    return new TextDecoder().decode(await inflate(text)).split("\n");
  }

  // ---- formatting ------------------------------------------------------------------------
  const forms = new Map();
  function form(decimals, grouped) {
    const key = decimals + (grouped ? "," : "");
    if (!forms.has(key)) {
      forms.set(key, new Intl.NumberFormat("en", {
        minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: grouped,
      }));
    }
    return forms.get(key);
  }
  const signed = (text) => text.replace(/^-(?=[0.,]*$)/, "").replace("-", "−");
  const fixed = (value, decimals, grouped = true) =>
    absent(value) ? "–" : signed(form(decimals, grouped).format(value));
  const whole = (number) => form(0, true).format(number);

  function shown(one, row) {
    const value = one.values[row];
    if (absent(value)) return "–";
    if (one.kind === "text") return one.texts[value];
    return fixed(one.percent ? 100 * value : value, one.decimals, !one.plain) + (one.percent ? " %" : "");
  }

  function raw(one, row) {
    const value = one.values[row];
    if (absent(value)) return "";
    if (one.kind === "text") return one.texts[value];
    return one.places > 0 ? Number(value.toFixed(one.places)) : value;
  }

  // ---- finding text ----------------------------------------------------------------------
  function matching(texts, wanted) {
    const exact = /^"(.*)"$/.exec(wanted);
    const needle = (exact ? exact[1] : wanted).toLowerCase();
    const hits = new Uint8Array(texts.length);
    for (let code = 0; code < texts.length; code++) {
      const text = texts[code].toLowerCase();
      if (text === needle) hits[code] = 2;
      else if (!exact && text.includes(needle)) hits[code] = 1;
    }
    return hits;
  }

  // ---- elements and files ----------------------------------------------------------------
  function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name in element) element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  function pager(place, state, count, unit, draw) {
    const pages = Math.max(1, Math.ceil(count / state.size));
    const turn = (label, to, off) => {
      const button = make("button", { type: "button", textContent: label, disabled: off });
      button.addEventListener("click", () => { state.page = to; draw(); });
      return button;
    };
    const at = make("input", { type: "number", min: 1, max: pages, value: state.page + 1,
      "aria-label": `Page of ${unit}` });
    at.addEventListener("change", () => { state.page = Math.round(Number(at.value)) - 1 || 0; draw(); });
    const size = make("select", { "aria-label": `${unit} on a page` },
      ...[25, 50, 100, 250].map((n) => make("option", { value: n, textContent: `${n} rows`,
        selected: n === state.size })));
    size.addEventListener("change", () => {
      state.page = Math.floor(state.page * state.size / Number(size.value));
      state.size = Number(size.value);
      draw();
    });
    const active = document.activeElement?.textContent;
    const held = place.contains(document.activeElement);
    place.replaceChildren(turn("Previous", state.page - 1, state.page === 0), at,
      make("span", { textContent: `of ${whole(pages)}` }),
      turn("Next", state.page + 1, state.page >= pages - 1), size);
    if (held) [...place.querySelectorAll("button")].find((one) => one.textContent === active && !one.disabled)?.focus();
  }

  function save(name, type, ...parts) {
    const link = make("a", { href: URL.createObjectURL(new Blob(parts, { type })), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  const cell = (value) => {
    const text = String(value);
    return /[",\n\r]/.test(text) ? `"${text.replaceAll("\"", "\"\"")}"` : text;
  };
  const csv = (rows) => rows.map((row) => row.map(cell).join(",")).join("\n") + "\n";

  return { ABSENT, absent, integers, numbersOf, lines, fixed, whole, shown, raw, form, matching, make,
    pager, save, csv };
})();
