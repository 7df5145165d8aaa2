"""A database per test process, made and migrated by the owner.

Every test then runs as the application role, under row-level security.
"""

from collections.abc import Iterator
from typing import Any

import pytest

pytest_plugins = ["tests.cast", "tests.browser", "tests.live"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    import pytest_django.fixtures
    from django.db import connection

    from cs_platform.core.database import use_role

    # pytest-django makes a database only where its own fixtures ask for one; tests of running
    # processes do not, because those fixtures would hide or truncate the committed rows.
    pytest_django.fixtures._get_databases_for_setup = lambda items: ({"default"}, set())
    use_role(connection, "owner")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    from django.db import connection

    from cs_platform.core.database import use_role

    with django_db_blocker.unblock():
        use_role(connection, "application")
    yield
    with django_db_blocker.unblock():
        use_role(connection, "owner")
