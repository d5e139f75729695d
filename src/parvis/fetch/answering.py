"""Whether an address answers, without taking what it gives."""

from dataclasses import replace

from parvis.config import Fetching
from parvis.fetch.address import Address
from parvis.fetch.deadline import Deadline
from parvis.fetch.download import told
from parvis.fetch.session import followed, session

PATIENCE = 30.0
"""Seconds that one answer may take, redirects included, whatever a file may."""


def status(address: Address, settings: Fetching) -> int:
    """Ask for an address and give the status of its answer, redirects followed (RFC 9110 §15).

    By GET, which every server understands; the body is left unread. Raises `AddressError` for a
    machine that may not be called, `FetchError` or `LimitError` where no answer comes.
    """
    patient = replace(settings, seconds=min(settings.seconds, PATIENCE))
    with (
        Deadline(patient.seconds) as deadline,
        told(address, patient, deadline),
        session(patient, deadline) as opened,
    ):
        _, answer = followed(opened, address, {}, patient)
        with answer:
            return answer.status_code
