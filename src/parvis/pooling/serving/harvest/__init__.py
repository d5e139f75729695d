"""What programs of other platforms take of the pool: records, entities, offers."""
