// Guided search: what is chosen becomes a query, which the endpoint's page answers.
const guide = document.querySelector("spar-natural");
const form = document.querySelector("form.ask");

guide.addEventListener("queryUpdated", ({ detail }) => {
  form.elements.query.value = guide.expandSparql(detail.queryString);
  form.hidden = false;
});
guide.addEventListener("reset", () => { form.hidden = true; });
guide.addEventListener("submit", () => form.requestSubmit());
