from typing import Any

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """People are added to workspaces by their managers; nobody signs up alone."""

    def is_open_for_signup(self, request: Any) -> bool:
        return False
