"""Neighbours: records pushed to a CKAN, and records taken from portals of others.

To push: `record` reads a published record, `fields` says which field of a CKAN gets what,
`package` makes the package that should be there, `reading` looks at what is there, `plan` compares
the two, and `applying` changes what differs. To take: `harvest` goes through a portal's pages,
`dcat`, `datapackage` and `packages` read a record as it is `offered`, in a `worker` where a
stranger wrote the page, and `proposal` writes a text for the catalogue folder, licences and
frequencies as `terms` knows them. `ckan` is the only door of ckanapi. Which records may leave the
house, and where texts are written, is for `parvis.pooling` to say.
"""
