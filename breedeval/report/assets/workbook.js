"use strict";
// A workbook (Office Open XML) from rows of text and numbers: parts of XML in a zip archive whose
// entries are stored as they are. The first row of a sheet is its heading.
const workbook = (() => {
  const TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml";
  const HEAD = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
  const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
  const LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  const PACKAGE = "http://schemas.openxmlformats.org/package/2006";

  const remainders = Uint32Array.from({ length: 256 }, (_, n) => {
    for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
    return n >>> 0;
  });
  function checksum(bytes) {
    let sum = 0xffffffff;
    for (const byte of bytes) sum = remainders[(sum ^ byte) & 255] ^ (sum >>> 8);
    return (sum ^ 0xffffffff) >>> 0;
  }

  const escaped = (text) => text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\"", "&quot;");

  function cell(value, style) {
    if (value === "" || value === null || value !== value) return "<c/>";
    if (typeof value === "number") return `<c><v>${value}</v></c>`;
    return `<c t="inlineStr"${style}><is><t xml:space="preserve">${escaped(String(value))}</t></is></c>`;
  }

  function sheet(rows) {
    const lines = rows.map((row, k) => `<row>${row.map((value) => cell(value, k ? "" : " s=\"1\"")).join("")}</row>`);
    return `${HEAD}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" `
      + "topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews>"
      + `<sheetFormatPr defaultRowHeight="15"/><sheetData>${lines.join("")}</sheetData></worksheet>`;
  }

  function parts(sheets) {
    const each = (make) => sheets.map((one, k) => make(one, k + 1)).join("");
    const styles = "<fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font><font><b/><sz val=\"11\"/>"
      + "<name val=\"Calibri\"/></font></fonts><fills count=\"1\"><fill><patternFill patternType=\"none\"/></fill></fills>"
      + "<borders count=\"1\"><border/></borders><cellStyleXfs count=\"1\"><xf/></cellStyleXfs><cellXfs count=\"2\">"
      + "<xf xfId=\"0\"/><xf xfId=\"0\" fontId=\"1\" applyFont=\"1\"/></cellXfs>";
    return [
      ["[Content_Types].xml", `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" `
        + `ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" `
        + `ContentType="${TYPE}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${TYPE}.styles+xml"/>`
        + each((_, k) => `<Override PartName="/xl/worksheets/sheet${k}.xml" ContentType="${TYPE}.worksheet+xml"/>`)
        + "</Types>"],
      ["_rels/.rels", `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" `
        + `Type="${LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>`],
      ["xl/workbook.xml", `<workbook xmlns="${MAIN}" xmlns:r="${LINKS}"><sheets>`
        + each((one, k) => `<sheet name="${escaped(one.name)}" sheetId="${k}" r:id="rId${k}"/>`) + "</sheets></workbook>"],
      ["xl/_rels/workbook.xml.rels", `<Relationships xmlns="${PACKAGE}/relationships">`
        + each((_, k) => `<Relationship Id="rId${k}" Type="${LINKS}/worksheet" Target="worksheets/sheet${k}.xml"/>`)
        + `<Relationship Id="rId${sheets.length + 1}" Type="${LINKS}/styles" Target="styles.xml"/></Relationships>`],
      ["xl/styles.xml", `<styleSheet xmlns="${MAIN}">${styles}</styleSheet>`],
      ...sheets.map((one, k) => [`xl/worksheets/sheet${k + 1}.xml`, sheet(one.rows).slice(HEAD.length)]),
    ].map(([name, text]) => [name, new TextEncoder().encode(HEAD + text)]);
  }

  function record(signature, fields, name) {
    const bytes = new Uint8Array(4 + fields.reduce((sum, [size]) => sum + size, 0) + name.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, signature, true);
    let at = 4;
    for (const [size, value] of fields) {
      if (size === 2) view.setUint16(at, value, true); else view.setUint32(at, value, true);
      at += size;
    }
    bytes.set(name, at);
    return bytes;
  }

  // Sheets ({name, rows}) as pieces of a file.
  return (sheets) => {
    const files = [], directory = [];
    let offset = 0;
    for (const [path, bytes] of parts(sheets)) {
      const name = new TextEncoder().encode(path);
      // version 2.0, names in UTF-8, stored, 1 January 1980
      const common = [[2, 20], [2, 0x800], [2, 0], [2, 0], [2, 33], [4, checksum(bytes)],
        [4, bytes.length], [4, bytes.length], [2, name.length], [2, 0]];
      const local = record(0x04034b50, common, name);
      directory.push(record(0x02014b50, [[2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]], name));
      files.push(local, bytes);
      offset += local.length + bytes.length;
    }
    const size = directory.reduce((sum, one) => sum + one.length, 0);
    const end = record(0x06054b50, [[2, 0], [2, 0], [2, directory.length], [2, directory.length],
      [4, size], [4, offset], [2, 0]], new Uint8Array());
    return [...files, ...directory, end];
  };
})();
