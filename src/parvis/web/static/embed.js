// One line on another site's page shows a list, a map or a figure of this site where it stands:
//   <script async src="https://…/embed.js" data-show="events/embed?area=06"></script>
// The frame is in the language of the page around it (or of data-lang), and as high as what it shows.
{
  const script = document.currentScript;
  const site = new URL(".", script.src);
  const titles = { fr: "Contenu de parvis", en: "Content from parvis" };
  const around = script.dataset.lang || script.closest("[lang]")?.lang || "";
  const lang = around.slice(0, 2).toLowerCase();
  // In another language, the frame has that of the reader's browser.
  const shown = new URL((lang in titles ? `${lang}/` : "") + (script.dataset.show || "events/embed").replace(/^\/+/, ""), site);
  if (shown.origin === site.origin) {
    const frame = document.createElement("iframe");
    frame.src = shown;
    frame.title = script.dataset.title || titles[lang] || titles.en;
    frame.width = "100%";
    frame.height = "400";
    // A border would make it wider than what it stands in, and the page scroll sideways.
    frame.style.border = "0";
    frame.loading = "lazy";
    addEventListener("message", ({ source, origin, data }) => {
      const height = source === frame.contentWindow && origin === site.origin ? data?.parvis?.height : undefined;
      if (Number.isFinite(height)) frame.height = Math.ceil(Math.min(Math.max(height, 50), 20000));
    });
    script.after(frame);
  }
}
