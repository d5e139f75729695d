"""What is said of publics once they are pooled: pure computations, without store, web or clock."""
