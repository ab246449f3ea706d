// Reads workbooks with SheetJS and with exceljs and prints, as JSON, the cells of every sheet:
// {path: {"SheetJS": {sheet: [[cell, ...], ...]}, "exceljs": {...}}}. A time is {"t": milliseconds since 1970, UTC}.
const fs = require("node:fs");
const XLSX = require("xlsx");
const ExcelJS = require("exceljs");

function bySheetJS(path) {
  const book = XLSX.read(fs.readFileSync(path), { cellFormula: false });
  const rows = (name) => XLSX.utils.sheet_to_json(book.Sheets[name], { header: 1, raw: true, defval: null });
  return Object.fromEntries(book.SheetNames.map((name) => [name, rows(name)]));
}

function plain(value) {
  if (value instanceof Date) return { t: value.getTime() };
  if (value !== null && typeof value === "object") {
    return value.richText ? value.richText.map((part) => part.text).join("") : (value.text ?? value.result ?? null);
  }
  return value ?? null;
}

async function byExcelJS(path) {
  const book = new ExcelJS.Workbook();
  await book.xlsx.readFile(path);
  const sheets = {};
  book.eachSheet((sheet) => {
    sheets[sheet.name] = [];
    for (let row = 1; row <= sheet.rowCount; row++) {
      const cells = [];
      for (let column = 1; column <= sheet.columnCount; column++) {
        const cell = sheet.getCell(row, column);
        cells.push(cell.isMerged && cell.master !== cell ? null : plain(cell.value));
      }
      sheets[sheet.name].push(cells);
    }
  });
  return sheets;
}

(async () => {
  const found = {};
  for (const path of process.argv.slice(2)) {
    found[path] = { SheetJS: bySheetJS(path), exceljs: await byExcelJS(path) };
  }
  process.stdout.write(JSON.stringify(found));
})();
