from collections.abc import Callable
from typing import Any

from django.test import Client

from accounts.models import Workspace


def test_the_styleguide_renders(client_as: Callable[..., Client], settings: Any) -> None:
    settings.DEBUG = True
    response = client_as("csm").get("/styleguide/")
    assert response.status_code == 200


def test_the_glossary_renders(client_as: Callable[..., Client], workspace: Workspace) -> None:
    response = client_as("viewer").get(f"/w/{workspace.slug}/glossary/")
    assert response.status_code == 200
    assert 'id="health-score"' in response.content.decode()
