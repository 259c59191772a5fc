"""Verifies deliveries as a receiver does, each some seconds later than it was sent.

Reads cases as JSON from standard input; prints for each `accepted`, or why it was refused.
"""

import datetime
import json
import sys

import standardwebhooks.webhooks
from standardwebhooks import WebhookVerificationError


def seconds(case):
    """When the receiver looks: at once when nothing is said."""
    if case["later_s"] is None:
        return datetime.datetime.now(datetime.timezone.utc).timestamp()
    return int(case["headers"]["webhook-timestamp"]) + case["later_s"]


def manual(case):
    """What the code that is printed in the manual defines."""
    defined = {}
    exec(case["manual"], defined)
    return defined


def symmetric(case):
    """The manual's use of the library of the specification, by a clock that shows that time."""

    class Clock(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(seconds(case), tz)

    standardwebhooks.webhooks.datetime = Clock
    try:
        manual(case)["event_of"](case["secret"], case["headers"], case["body"])
    except WebhookVerificationError as error:
        return str(error)
    return "accepted"


def asymmetric(case):
    """The manual's own function."""
    try:
        manual(case)["verify"](case["keys"], case["headers"], case["body"].encode(), seconds(case))
    except ValueError as error:
        return str(error)
    return "accepted"


for case in json.load(sys.stdin):
    print(symmetric(case) if "secret" in case else asymmetric(case))
