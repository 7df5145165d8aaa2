"""From a posted batch to stored events: parse, load, answer, nudge."""

from metrics.usage.ingest.nudging import nudge

__all__ = ["nudge"]
