// Tables that can be sorted by the buttons in their heads, and searched. Without this script they are there as they are.

const WORDS = new Intl.Collator("en", { numeric: true });

/** @typedef {(row: HTMLTableRowElement) => [number, string]} Key */

/** The cell of a row in this column. @type {(row: HTMLTableRowElement, column: number) => HTMLTableCellElement} */
const cellOf = (row, column) => /** @type {HTMLTableCellElement} */ (row.cells[column]);

/**
 * What rows are compared by: a number and then a text. Verdicts go from the best to the worst, blank cells come last.
 * @type {(kind: string | undefined, column: number, order: string) => Key}
 */
function keyOf(kind, column, order) {
    return (row) => {
        const cell = cellOf(row, column);
        const text = cell.textContent.trim();
        if (kind === "number") {
            return [text === "" ? Infinity : Number(text.replaceAll(",", "")), text];
        }
        if (kind === "verdict") {
            return [text === "" ? Infinity : order.indexOf(cell.className), text];
        }
        return [text === "" ? 1 : 0, text];
    };
}

/** The rows of a table in another order; equal ones keep theirs. @type {(table: HTMLTableElement, key: Key, turn: number) => void} */
function sort(table, key, turn) {
    const [body] = table.tBodies;
    if (!body) {
        return;
    }
    const keyed = [...body.rows].map((row) => ({ row, key: key(row) }));
    keyed.sort((one, other) => turn * (compare(one.key[0], other.key[0]) || WORDS.compare(one.key[1], other.key[1])));
    body.append(...keyed.map(({ row }) => row));
}

/** @type {(one: number, other: number) => number} */
const compare = (one, other) => (one === other ? 0 : one < other ? -1 : 1);

/** Where a table says what was done. @type {(table: HTMLTableElement, text: string) => void} */
function say(table, text) {
    const place = document.querySelector(`[data-status="${table.id}"]`);
    if (place) {
        place.textContent = text;
    }
}

/** A button in each head of a table; a second click turns the order. @type {(table: HTMLTableElement) => void} */
function makeSortable(table) {
    const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
    for (const [column, head] of heads.entries()) {
        const button = document.createElement("button");
        button.type = "button";
        button.append(...head.childNodes);
        head.append(button);
        head.ariaSort = "none";
        button.addEventListener("click", () => {
            const falling = head.ariaSort === "ascending";
            for (const other of heads) {
                other.ariaSort = "none";
            }
            head.ariaSort = falling ? "descending" : "ascending";
            sort(table, keyOf(head.dataset.sort, column, table.dataset.order ?? ""), falling ? -1 : 1);
            say(table, `Sorted by ${button.textContent}, ${head.ariaSort}.`);
        });
    }
}

/** A box that hides the rows without its text. @type {(input: HTMLInputElement) => void} */
function makeFilter(input) {
    const table = document.getElementById(input.dataset.filter ?? "");
    const frame = input.closest("p");
    if (!(table instanceof HTMLTableElement) || !frame) {
        return;
    }
    frame.hidden = false;
    input.addEventListener("input", () => {
        const wanted = input.value.trim().toLowerCase();
        const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
        for (const row of rows) {
            row.hidden = !row.textContent.toLowerCase().includes(wanted);
        }
        const shown = rows.filter((row) => !row.hidden).length;
        say(table, wanted ? `${shown} of ${rows.length} rows.` : "");
    });
}

for (const table of document.querySelectorAll("table.sortable")) {
    makeSortable(/** @type {HTMLTableElement} */ (table));
}
for (const input of document.querySelectorAll("input[data-filter]")) {
    makeFilter(/** @type {HTMLInputElement} */ (input));
}
