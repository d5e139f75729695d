"""Lists of events: what each graph says of them, read at publication, put together for readers."""

FOLDER = "events"
"""The folder of a generation's lists, with a folder for each of two parts."""
