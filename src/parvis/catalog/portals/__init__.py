"""Neighbours: records pushed to a CKAN, and records taken from other portals.

To push: `record` reads a published record, `fields` maps it to the fields of a CKAN, `package`
makes the package that should be there, `plan` compares it with what is there and carries out
the changes. To take: `harvest` goes through a portal's pages, and a `page_process` reads a record
as it is `offered`, because the page is not trusted; `proposal` writes a text for the catalogue
folder. `ckan` is the only user of ckanapi.
`parvis.pooling` decides which records may be pushed and where texts are written.
"""
