"""Files of a dataset to download: RDF in three forms, tables by class as CSV and as a workbook.

`parvis.rdf.dumps.maker` makes them in a killable process, one form at a time, from the record's
file. Everything streams: a dataset of any size needs only the memory of its widest entity.
"""
