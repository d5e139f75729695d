// Guided search: what is chosen becomes a query, which the endpoint's page answers.
const guide = document.querySelector("spar-natural");
const form = document.querySelector("form.ask");

/** The widget writes labels as HTML, some of them twice: what partners call things must stay a text. */
function plain(binding) {
  const text = (value) => value.replaceAll("<", "‹").replaceAll(">", "›").replace(/&(?=[#\w])/g, "&\u200b");
  return Object.fromEntries(Object.entries(binding).map(([name, term]) => [
    name, ["label", "itemLabel", "group"].includes(name) ? { ...term, value: text(term.value) } : term,
  ]));
}

guide.customization = {
  sparqlHandler: {
    async executeSparql(query, done, failed) {
      try {
        const answer = await fetch(guide.getAttribute("endpoint"), {
          method: "POST", body: new URLSearchParams({ query }), headers: { Accept: "application/sparql-results+json" },
        });
        if (!answer.ok) throw new Error(answer.statusText);
        const { head, results } = await answer.json();
        done({ head, results: { ...results, bindings: results.bindings.map(plain) } });
      } catch (error) {
        failed?.(error);
      }
    },
  },
};
/** The widget calls the kinds of values in English alone. */
const kinds = new Map(Object.entries(JSON.parse(guide.dataset.kinds)));
new MutationObserver(() => {
  for (const label of guide.querySelectorAll(".item-label, .current .label")) {
    if (kinds.has(label.textContent)) label.textContent = kinds.get(label.textContent);
  }
}).observe(guide, { childList: true, subtree: true });
guide.addEventListener("queryUpdated", ({ detail }) => {
  form.elements.query.value = guide.expandSparql(detail.queryString);
  form.hidden = false;
});
guide.addEventListener("reset", () => { form.hidden = true; });
guide.addEventListener("submit", () => form.requestSubmit());
