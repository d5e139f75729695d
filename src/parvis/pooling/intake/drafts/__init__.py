"""Files that a partner works on before it gives them: their columns, a preview, corrections."""
