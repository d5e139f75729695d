"""Events for programs: JSON, calendars, GeoJSON, and the description of these addresses."""
