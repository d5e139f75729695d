"""Killable processes: the only door of ``subprocess``.

What may crash, hang or eat the memory runs in a child process that speaks frames over pipes.
`parvis.sandbox.worker` is the parent's end, or `parvis.sandbox.lane` for a child that many threads
ask; `parvis.sandbox.child` is the child's, and `parvis.sandbox.child` what both agree on;
`parvis.sandbox.walls` keeps the child from the network.
"""
