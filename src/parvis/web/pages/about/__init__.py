"""What the site says of itself: its purpose, whom to write to, its words, its state."""
