"""The real data sets: where they are, and workspaces that keep what a module has loaded."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent


def _folder() -> Path:
    beside = HERE.parent.parent.parent / "shared" / "data"
    return Path(os.environ.get("REALDATA_DIR", beside))


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder of the data sets, or a skip that says where it was looked for."""
    folder = _folder()
    if not folder.is_dir():
        pytest.skip(f"the real data sets are not in {folder} (set REALDATA_DIR)")
    return folder


@pytest.fixture(scope="module")
def new_workspace(
    realdata: Path, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Callable[..., Any]]:
    """Makes a workspace whose data is committed, so that the database knows its sizes."""
    from accounts.models import Workspace

    def make(slug: str, currency: str) -> Workspace:
        return Workspace.objects.create(slug=slug, name=slug, timezone="UTC", currency=currency)

    with django_db_blocker.unblock():
        yield make
