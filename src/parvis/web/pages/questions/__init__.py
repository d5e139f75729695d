"""Pages of questions: examples, guided search, search by words."""
