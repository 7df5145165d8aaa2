"""Log-in: what guards it, and what happens to it when the cache server is away."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as loaded
from django.core.cache import caches
from django.test import Client

from accounts.models import Membership, Role, User, Workspace
from tests.cast import Cast

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def no_attempts_before(settings: Any) -> None:
    backend = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": uuid.uuid4().hex}}


@pytest.fixture
def person(workspace: Workspace) -> User:
    user: User = User.objects.create_user("Yuki@firm.example", PASSWORD, name="Yuki")
    Membership.objects.create(workspace=workspace, user=user, role=Role.CSM)
    return user


@pytest.fixture
def cache_away(no_attempts_before: None, settings: Any) -> None:
    backend = "django.core.cache.backends.redis.RedisCache"
    away = {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": away}
    assert caches["default"]._servers == ["redis://127.0.0.1:1/0"]


def log_in(client: Client, email: str, password: str = PASSWORD, **headers: str) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password}, headers=headers)


def test_log_in_says_that_the_service_is_away_while_the_limits_cannot_be_counted(
    person: User, cache_away: None
) -> None:
    client = Client(raise_request_exception=False)
    answer = log_in(client, person.email)
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert "_auth_user_id" not in client.session


def test_pages_of_those_who_are_logged_in_need_no_cache(
    workspace: Workspace, client_as: Callable[..., Client], cache_away: None
) -> None:
    client = client_as("owner")
    for page in ("today", "overview", "accounts", "at-risk"):
        assert client.get(f"/w/{workspace.slug}/{page}/?owner=all").status_code == 200, page


def test_the_session_of_a_log_in_is_a_new_one_and_its_cookie_closed(person: User) -> None:
    client = Client()
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = 1
    session.save()
    planted = session.session_key
    assert log_in(client, "YUKI@FIRM.EXAMPLE").status_code == 302
    cookie = client.cookies[loaded.SESSION_COOKIE_NAME]
    assert cookie.value != planted
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_a_password_is_not_tried_for_ever_whatever_address_the_sender_claims(
    person: User,
) -> None:
    for attempt in range(12):
        answer = log_in(
            Client(), person.email, f"wrong {attempt}", **{"X-Forwarded-For": f"10.0.0.{attempt}"}
        )
    assert "_auth_user_id" not in answer.wsgi_request.session
    client = Client()
    log_in(client, person.email)
    assert "_auth_user_id" not in client.session


def test_an_address_added_in_capitals_logs_in(
    workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    form = {"email": "Ken.Sato@Firm.example", "role": "csm", "password": PASSWORD}
    client_as("owner").post(f"/w/{workspace.slug}/settings/members/", form)
    client = Client()
    assert log_in(client, "Ken.Sato@Firm.example").status_code == 302
    assert "_auth_user_id" in client.session


def test_behind_a_proxy_the_limits_count_senders_and_not_the_proxy(
    person: User, settings: Any
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for attempt in range(12):
        log_in(Client(), f"x{attempt}@firm.example", "wrong", **{"X-Forwarded-For": "10.9.9.9"})
    client = Client()
    log_in(client, person.email, **{"X-Forwarded-For": "10.9.9.8"})
    assert "_auth_user_id" in client.session


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_a_manager_rises_nobody_above_and_touches_nobody_above(
    role: str, workspace: Workspace, cast: Cast, client_as: Callable[..., Client]
) -> None:
    client = client_as("manager")
    above, self_, below = cast[role], cast["manager"], cast["csm"]
    members = f"/w/{workspace.slug}/settings/members/"
    client.post(members, {"email": "new@firm.example", "role": role, "password": PASSWORD})
    for member in (self_, below):
        client.post(f"{members}{member.pk}/role/", {"role": role})
    client.post(f"{members}{above.pk}/role/", {"role": "viewer"})
    client.post(f"{members}{above.pk}/deactivate/")
    assert not Membership.objects.filter(user__email="new@firm.example").exists()
    assert {cast[r].role for r in ("manager", "csm", role)} == {"manager", "csm", role}
    assert cast[role].is_active


def test_members_of_another_workspace_are_none(
    workspace: Workspace, rival_workspace: Workspace, client_as: Callable[..., Client]
) -> None:
    rival = Cast(rival_workspace)["csm"]
    members = f"/w/{workspace.slug}/settings/members/"
    owner = client_as("owner")
    assert owner.post(f"{members}{rival.pk}/role/", {"role": "viewer"}).status_code == 404
    assert owner.post(f"{members}{rival.pk}/deactivate/").status_code == 404
    rival.refresh_from_db()
    assert (rival.role, rival.is_active) == ("csm", True)


def test_the_password_of_somebody_known_is_not_set_by_adding_them(
    workspace: Workspace, rival_workspace: Workspace, client_as: Callable[..., Client], person: User
) -> None:
    members = f"/w/{rival_workspace.slug}/settings/members/"
    answer = client_as("manager", of=rival_workspace).post(
        members, {"email": "yuki@FIRM.example", "role": "csm", "password": "another long one"}
    )
    assert answer.status_code == 303
    person.refresh_from_db()
    assert person.check_password(PASSWORD)
