"""The server for AI assistants, at ``/mcp``: the Model Context Protocol over HTTP."""
