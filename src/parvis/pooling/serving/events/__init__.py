"""Events that a reader may know of: read once, then listed, filtered and written in all forms."""
