"""What pages of the site need besides answers to queries: lists to choose from, contexts."""
