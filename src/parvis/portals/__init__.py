"""Neighbours: records pushed to a CKAN, and records taken from portals of others.

To push: `record` reads a published record, `fields` says which field of a CKAN gets what,
`package` makes the package that should be there, `plan` compares it with what is there, and
`applying` changes that. To take: `offered` is a record as another portal offers it, read by
`dcat`, `datapackage` or `packages`; what strangers wrote is read in a `worker`; `proposal` writes
a text for the catalogue folder. `ckan` is the only door of ckanapi. Which records may leave the
house, and where texts are written, is for `parvis.pooling` to say.
"""
