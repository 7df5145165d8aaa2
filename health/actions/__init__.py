"""What changes the risks of the open scope's accounts."""

from health.actions.risk import (
    clear_flag,
    flag_risk,
    mark_not_a_risk,
    move_state,
    snooze,
    unsnooze,
)

__all__ = ["clear_flag", "flag_risk", "mark_not_a_risk", "move_state", "snooze", "unsnooze"]
