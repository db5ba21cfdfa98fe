/* Filters the tables and lists within .filtered by words, and the tables by ticked column; data-from is the first such
   column. Without it the page has them whole. */

for (const part of document.querySelectorAll(".filtered")) {
  const tables = [...part.querySelectorAll("table")].map((table) => ({
    outer: [table, headingOf(table)],
    name: headingOf(table).textContent,
    columns: [...table.querySelectorAll("thead th")].map((cell) => cell.textContent.trim()),
    rows: [...table.querySelectorAll("tbody tr")],
  }));
  const lists = [...part.querySelectorAll("ul")].map((list) => ({
    outer: [list, list.previousElementSibling],
    name: headingOf(list).textContent,
    rows: [...list.children],
  }));
  const ticked = new Set(tables.flatMap(({ columns }) => columns.slice(Number(part.dataset.from))));

  const words = Object.assign(document.createElement("input"), { type: "search", placeholder: "swin", autocomplete: "off" });
  const column = document.createElement("select");
  column.append(new Option("any", ""), ...[...ticked].map((name) => new Option(name, name)));
  const count = document.createElement("output");
  const form = document.createElement("form");
  form.className = "filter";
  form.setAttribute("role", "search");
  form.append(labelled("Model", words), labelled("Method", column), count);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", show);
  part.prepend(form);
  show();

  function show() {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = (row, name) => wanted.every((word) => `${row.textContent} ${name}`.toLowerCase().includes(word));
    const ticks = (row, columns) => !column.value || row.cells[columns.indexOf(column.value)]?.textContent.trim();
    let shown = 0;
    for (const { outer, name, columns, rows } of tables) {
      shown += keep(rows, (row) => matches(row.cells[0], name) && ticks(row, columns), outer);
    }
    for (const { outer, name, rows } of lists) keep(rows, (row) => !column.value && matches(row, name), outer);
    count.textContent = `${shown} of ${tables.flatMap(({ rows }) => rows).length} models`;
  }
}

/* Shows the rows that fit, and what is around them where there are any. */
function keep(rows, fits, outer) {
  for (const row of rows) row.hidden = !fits(row);
  const shown = rows.filter((row) => !row.hidden).length;
  for (const element of outer) element.hidden = shown === 0;
  return shown;
}

function headingOf(element) {
  while (!/^H[1-6]$/.test(element.tagName)) element = element.previousElementSibling ?? element.parentElement;
  return element;
}

function labelled(text, control) {
  const label = document.createElement("label");
  label.append(text, control);
  return label;
}
