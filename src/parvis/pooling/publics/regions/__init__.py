"""The outlines of the regions: read from a file, simplified, and stored."""
