"""Requests for access to data: made, answered by offers, agreed, and drafted as agreements."""
