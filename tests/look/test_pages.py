"""Pages outside a workspace, the glossary, and the pages of errors."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from accounts.models import Membership, User, Workspace
from cs_platform.core.errors import Conflict
from cs_platform.core.glossary_entries import ENTRIES
from cs_platform.dashboards import errors
from tests.cast import make_workspace

ClientAs = Callable[..., Client]


def test_nobody_is_sent_to_log_in(db: None) -> None:
    response = Client().get("/")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_the_log_in_page_speaks_both_languages(db: None) -> None:
    client = Client()
    assert "Log in</h1>" in client.get("/accounts/login/").content.decode()
    client.cookies["django_language"] = "ja"
    text = client.get("/accounts/login/").content.decode()
    assert "ログイン</h1>" in text
    assert '<html lang="ja"' in text


def test_every_title_says_whose_page_it_is(workspace: Workspace, client_as: ClientAs) -> None:
    def title(client: Client, address: str) -> str:
        found = re.search(r"<title>(.*?)</title>", client.get(address).content.decode())
        assert found is not None
        return found.group(1)

    assert title(Client(), "/accounts/login/") == "Log in · CS Platform"
    assert title(Client(), "/nowhere/") == "There is no such page · CS Platform"
    assert title(client_as("csm"), f"/w/{workspace.slug}/tasks/") == f"Tasks · {workspace.name}"


def test_logging_in_leads_to_the_only_workspace(workspace: Workspace) -> None:
    user = User.objects.get(email=f"csm@{workspace.slug}.example")
    user.set_password("correct horse battery")
    user.save()
    client = Client()
    page = client.post(
        "/accounts/login/", {"login": user.email, "password": "correct horse battery"}, follow=True
    )
    assert page.status_code == 200
    assert page.request["PATH_INFO"].startswith(f"/w/{workspace.slug}/")


def test_a_member_of_two_workspaces_chooses_and_is_remembered(
    workspace: Workspace, client_as: ClientAs
) -> None:
    second = make_workspace(f"second-{workspace.slug}")
    user = Membership.objects.get(workspace=workspace, role="csm").user
    Membership.objects.create(workspace=second, user=user, role="viewer")
    client = client_as("csm")
    choice = client.get("/")
    assert choice.status_code == 200
    assert second.name in choice.content.decode()
    chosen = client.get("/", {"workspace": second.slug})
    assert chosen["Location"].startswith(f"/w/{second.slug}/")
    assert client.get("/")["Location"] == chosen["Location"]


def test_another_firms_workspace_is_no_choice(
    workspace: Workspace, rival_workspace: Workspace, client_as: ClientAs
) -> None:
    answer = client_as("csm").get("/", {"workspace": rival_workspace.slug})
    assert answer["Location"].startswith(f"/w/{workspace.slug}/")


def test_who_has_no_workspace_is_told_so(workspace: Workspace, client_as: ClientAs) -> None:
    client = client_as("viewer")
    Membership.objects.filter(workspace=workspace, role="viewer").update(is_active=False)
    assert "No workspace yet" in client.get("/").content.decode()


def test_the_language_is_kept_in_a_cookie_and_with_the_user(
    workspace: Workspace, client_as: ClientAs
) -> None:
    client = client_as("csm")
    response = client.post("/language/", {"language": "ja", "next": "/w/x/?a=1"})
    assert response["Location"] == "/w/x/?a=1"
    assert response.cookies["django_language"].value == "ja"
    assert User.objects.get(email=f"csm@{workspace.slug}.example").language == "ja"


@pytest.mark.parametrize("language", ["", "tlh", "../ja", "ja\x00"])
def test_an_unknown_language_changes_nothing(db: None, language: str) -> None:
    response = Client().post("/language/", {"language": language})
    assert response.status_code == 302
    assert "django_language" not in response.cookies


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_no_form_leads_to_another_site(db: None, url: str) -> None:
    assert Client().post("/language/", {"language": "ja", "next": url})["Location"] == "/"
    assert Client().post("/theme/", {"theme": "dark", "next": url})["Location"] == "/"


def test_the_server_renders_the_chosen_theme(db: None) -> None:
    client = Client()
    assert "data-bs-theme" not in client.get("/accounts/login/").content.decode()
    client.post("/theme/", {"theme": "dark"})
    assert 'data-bs-theme="dark"' in client.get("/accounts/login/").content.decode()
    client.cookies["theme"] = '"><script>'
    assert 'data-theme="system"' in client.get("/accounts/login/").content.decode()


def test_the_switches_take_post_alone(db: None) -> None:
    assert Client().get("/language/").status_code == 405
    assert Client().get("/theme/").status_code == 405


def test_pages_allow_scripts_of_this_site_alone(client_as: ClientAs, workspace: Workspace) -> None:
    response = client_as("csm").get(f"/w/{workspace.slug}/glossary/")
    policy = response["Content-Security-Policy"]
    assert "script-src 'self';" in policy + ";"
    assert "frame-ancestors 'none'" in policy
    for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", response.content.decode()):
        assert "src=" in attributes or "application/json" in attributes
        assert "src=" not in attributes or not body
    assert not re.search(r"\son\w+=|hx-on", response.content.decode())


def test_the_navigation_shows_what_the_role_may_open(
    client_as: ClientAs, workspace: Workspace
) -> None:
    text = client_as("viewer").get(f"/w/{workspace.slug}/glossary/").content.decode()
    links = re.findall(r'class="side-link" href="([^"]+)"', text)
    assert f"/w/{workspace.slug}/glossary/" in links
    for link in links:
        assert client_as("viewer").get(link, follow=True).status_code == 200, link


def test_a_page_beside_its_section_is_marked_in_the_navigation(
    client_as: ClientAs, workspace: Workspace
) -> None:
    home = f"/w/{workspace.slug}/"
    for path, section in (("churn-review/", "metrics/"), ("tasks/new/", "tasks/")):
        text = client_as("csm").get(home + path).content.decode()
        marked = re.findall(r'class="side-link" href="([^"]+)"[^>]* aria-current="page"', text)
        assert home + section in marked, path


def test_the_glossary_has_every_entry_in_both_languages(
    client_as: ClientAs, workspace: Workspace
) -> None:
    text = client_as("viewer").get(f"/w/{workspace.slug}/glossary/").content.decode()
    for slug, entry in ENTRIES.items():
        assert f'id="{slug}"' in text
        assert entry.en.term
        assert re.search(r"[ぁ-んァ-ヶ一-龠]", entry.ja.definition), slug
        assert bool(entry.en.formula) == bool(entry.ja.formula), slug


def test_the_styleguide_is_for_developers(client_as: ClientAs, settings: Any) -> None:
    assert client_as("csm").get("/styleguide/").status_code == 404
    settings.DEBUG = True
    assert client_as("csm").get("/styleguide/").status_code == 200


# --- errors ----------------------------------------------------------------------------------
def _reference(response: HttpResponse) -> str:
    found = re.search(r"<code>([^<]+)</code>", response.content.decode())
    assert found is not None
    return found[1]


def test_error_pages_carry_the_reference_of_the_log(db: None) -> None:
    response = Client().get("/nothing/here/")
    assert response.status_code == 404
    assert "There is no such page" in response.content.decode()
    assert _reference(response) == response["X-Request-ID"]


def test_error_pages_speak_japanese(db: None) -> None:
    client = Client()
    client.cookies["django_language"] = "ja"
    assert "ページが見つかりません" in client.get("/nothing/here/").content.decode()


def test_methods_not_allowed_have_a_page_too(db: None) -> None:
    response = Client().get("/theme/")
    assert response["Allow"] == "POST"
    assert "cannot be used in that way" in response.content.decode()


def test_a_stale_form_says_that_nothing_was_changed(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post("/theme/", {"theme": "dark"})
    assert response.status_code == 403
    assert "no longer valid" in response.content.decode()
    assert "theme" not in response.cookies


@pytest.fixture
def request_() -> HttpRequest:
    return RequestFactory().get("/w/acme/today/")


@pytest.mark.parametrize(
    ("exception", "status"), [(SuspiciousOperation(), 400), (RequestDataTooBig(), 413)]
)
def test_bad_requests(request_: HttpRequest, exception: Exception, status: int) -> None:
    assert errors.bad_request(request_, exception).status_code == status


@pytest.mark.parametrize(("exception", "status"), [(OperationalError(), 503), (ValueError(), 500)])
def test_failures_need_no_database(
    request_: HttpRequest, exception: Exception, status: int
) -> None:
    try:
        raise exception
    except Exception:
        response = errors.failed(request_)
    assert response.status_code == status
    assert ("Retry-After" in response) is (status == 503)


def test_a_domain_error_is_told_in_its_own_words(request_: HttpRequest) -> None:
    pages = errors.ErrorPages(lambda request: HttpResponse())
    response = pages.process_exception(request_, Conflict("Sato <b> was faster."))
    assert response is not None
    assert response.status_code == 409
    assert "Sato &lt;b&gt; was faster." in response.content.decode()


def test_the_api_gets_problem_details() -> None:
    response = errors.not_found(RequestFactory().get("/api/v1/nothing"), ValueError())
    assert response["Content-Type"].startswith("application/problem+json")


def test_browsers_find_the_mark_by_themselves(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    assert answer["Location"].endswith(".svg")
