// The rows of an answer in the order of a column: by number where it has numbers, else as words.
const words = new Intl.Collator(document.documentElement.lang, { numeric: true });

function order(table, at, up) {
  const body = table.tBodies[0];
  const key = ({ cells }) => cells[at].dataset.value ?? cells[at].textContent.trim();
  const number = [...body.rows].every((row) => row.cells[at].classList.contains("number"));
  const compare = number ? (a, b) => key(a) - key(b) : (a, b) => words.compare(key(a), key(b));
  body.append(...[...body.rows].sort((a, b) => (up ? compare(a, b) : compare(b, a))));
}

for (const table of document.querySelectorAll("table[data-sorted]")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      order(table, at, up);
    });
  });
}
