"""The metadata of the pooled data: the catalogue folder, DCAT records, provenance.

A dataset is put together once, as a typed `DatasetRecord`; each form it is published in is a
function of that record: `to_dcat`, `to_statdcat`, `to_dqv`, `to_schema_org`, `to_data_package`.
"""
