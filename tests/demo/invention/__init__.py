"""The invented pool: its season and figures, and each partner’s way of writing them."""
