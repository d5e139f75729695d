"""One organisation, one venue, one event, whoever names it: evidence, candidates, judgements."""
