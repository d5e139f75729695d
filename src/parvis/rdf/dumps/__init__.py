"""A dataset as files to take away: RDF in three forms, tables by class as CSV and as a workbook.

`parvis.rdf.dumps.maker` makes them in a killable process, one form at a time, from the record's
file. Everything streams: a dataset of any size takes the memory of its widest entity.
"""
