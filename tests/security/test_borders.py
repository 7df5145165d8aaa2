"""The borders of a workspace, tried from outside and by its own members."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import User, Workspace


@pytest.mark.parametrize("slug", ["ACME", "a_b", "-", "x_", "A-1"])
def test_no_spelling_of_a_slug_reaches_a_page_without_its_scope(
    slug: str, client_as: Callable[..., Client]
) -> None:
    address = f"/w/{slug}/today/"
    assert Client().get(address)["Location"].startswith("/accounts/login/?next=")
    assert client_as("owner").get(address).status_code == 404


def test_the_slug_of_a_workspace_has_one_spelling(
    workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    assert client_as("owner").get(f"/w/{workspace.slug.upper()}/today/").status_code == 404


def test_nobody_claims_an_address_and_with_it_the_memberships_to_come(
    client_as: Callable[..., Client],
) -> None:
    client = client_as("csm")
    claim = {"action_add": "", "email": "chief@other.example"}
    assert client.post("/accounts/email/", claim).status_code == 404
    make_primary = {"action_primary": "", "email": "chief@other.example"}
    assert client.post("/accounts/email/", make_primary).status_code == 404
    assert not User.objects.filter(email__iexact="chief@other.example").exists()
    with pytest.raises(NoReverseMatch):
        reverse("account_email")


@pytest.mark.parametrize("foreign", ["9" * 5000, "9" * 18, "-1", "²", "1\x00"])
def test_ids_that_are_none_assign_nothing(
    foreign: str, workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    address = reverse("accounts_assign", args=[workspace.slug])
    answer = client_as("owner").post(address, {"ids": [foreign], "owner": "none"})
    assert answer.status_code == 303
