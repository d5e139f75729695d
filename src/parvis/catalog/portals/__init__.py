"""Neighbours: records pushed to a CKAN, and records taken from other portals.

To push: `fields` reads a published record and maps it to the fields of a CKAN; `plan` makes the
package that should be there, compares it with what is there and carries out the changes. To take:
`harvest` goes through a portal's pages, and `offered` reads each in a process of its own, because
the page is not trusted; `proposal` writes a text for the catalogue folder. `ckan` is the only user
of ckanapi.
`parvis.pooling` decides which records may be pushed and where texts are written.
"""
