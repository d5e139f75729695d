"""Published figures on audiences, as pages and charts show them."""
