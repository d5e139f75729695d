"""Search partners' files for what identifies persons, before anything else is done with them.

`gate` judges any file, with no mapping: customers are refused, artists and the contacts that
organisations publish pass. `personal_data` searches a file on publics, which may hold none at all.
"""
