"""How libraries that start processes of their own must start them."""

import multiprocessing


def spawn_never_fork() -> None:
    """Let children begin anew: one forked from a process with threads keeps their locks.

    A fork while another thread looked up a name left a server that waited for ever.
    """
    multiprocessing.set_start_method("spawn", force=True)
