"""Killable processes: the only users of ``subprocess``.

Work that may crash, hang or exhaust the memory runs in a child process. `parvis.sandbox.serving` is
what a child runs that answers requests in JSON, and `parvis.sandbox.client` calls it.

Beneath, frames go over pipes: `parvis.sandbox.worker` is the parent's end, or `parvis.sandbox.lane`
for a child shared by many threads; `parvis.sandbox.child` is the child's end and the format of
frames; `parvis.sandbox.processes` starts and schedules a child, which `parvis.sandbox.forker`
forks, and `parvis.sandbox.walls` keeps it from the network.
"""
