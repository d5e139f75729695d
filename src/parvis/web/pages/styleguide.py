"""The style guide: each component of the design system on its own page."""

from flask import Blueprint, current_app, render_template

from parvis.i18n import both

styleguide = Blueprint("styleguide", __name__)

COMPONENTS = {
    "tokens": both("Colours and type"),
    "grid": both("Grid"),
    "cards": both("Cards"),
    "figure": both("Figure with its source"),
    "suppressed": both("Suppressed figure"),
    "chart": both("Chart"),
    "tables": both("Table"),
    "facets": both("Facet"),
    "forms": both("Form row"),
    "stepper": both("Steps"),
    "notices": both("Notices"),
    "tabs": both("Tabs"),
    "badges": both("Badges"),
    "term": both("Word explained"),
}
"""The components' names in both languages; each has a template of the same name."""


@styleguide.get("/styleguide")
@styleguide.get(f"/styleguide/<any({','.join(COMPONENTS)}):name>")
def component(name: str = "") -> str:
    """Show a component, and how it is written."""
    example, source = f"styleguide/{name}.html", ""
    if name:
        environment = current_app.jinja_env
        source = environment.loader.get_source(environment, example)[0]  # type: ignore[union-attr]
    return render_template(
        "styleguide/page.html", name=name, titles=COMPONENTS, example=example, source=source
    )
