"""A partner’s file without anything that identifies persons: at its site, and in its browser."""
