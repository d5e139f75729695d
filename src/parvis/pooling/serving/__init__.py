"""What readers get: queries, pages' data and the catalogue, each narrowed to what one may read."""
