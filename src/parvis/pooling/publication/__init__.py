"""A generation made of the record: its catalogue records, figures, dumps and feed."""
