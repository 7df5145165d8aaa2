"""Which events count as a log-in."""

import re

# Names as products use them; the catalogue page can change the verdict per workspace.
NAMES = frozenset(
    {
        "login", "log in", "logged in", "user login", "user logged in", "user log in",
        "signin", "sign in", "signed in", "user signed in",
        "session start", "session started", "ログイン", "サインイン",
    }
)  # fmt: skip
_SEPARATORS = re.compile(r"[\s_\-.:]+")


def is_login(name: str) -> bool:
    """Whether an event of this name counts as a log-in by default.

    Case and separators do not matter: ``Logged In``, ``logged_in`` and ``loggedIn`` are one.
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return _SEPARATORS.sub(" ", words).strip().casefold() in NAMES
