"""Names: namespaces, IRIs, media types."""
