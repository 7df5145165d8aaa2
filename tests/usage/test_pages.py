import pytest

from accounts.models import Workspace
from cs_platform.core import clock, tenancy
from metrics.usage.models import DirtyDay, Event, EventName
from metrics.usage.rollup import roll_up_usage


@pytest.fixture
def sent(workspace, post):
    """Three good items and a bad one."""
    post(
        "batch",
        {
            "batch": [
                {"type": "track", "event": "Logged In", "userId": "u1", "groupId": "a"},
                {"type": "track", "event": "<script>", "userId": "u2", "groupId": "a"},
                {"type": "track", "event": "Opened", "userId": "u3"},
                {"type": "track", "userId": "u1", "extra": "what is this?"},
            ]
        },
    )
    with tenancy.scope(workspace.pk):
        roll_up_usage(clock.now())
    return workspace


def url(workspace: Workspace, page: str) -> str:
    return f"/w/{workspace.slug}/data/{page}/"


@pytest.mark.parametrize("page", ["events", "sources", "rejected", "catalogue"])
def test_pages_open_for_those_who_may(sent, client_as, page, django_assert_max_num_queries) -> None:
    client = client_as("manager")
    with django_assert_max_num_queries(16):
        answer = client.get(url(sent, page))
    assert answer.status_code == 200
    allowed = client_as("viewer").get(url(sent, page)).status_code
    assert allowed == (403 if page == "rejected" else 200)


def test_events_are_filtered_and_escaped(sent, client_as) -> None:
    client = client_as("viewer")

    def shown(query: str) -> str:
        return client.get(url(sent, "events") + query, headers={"HX-Request": "true"}).text

    everything = shown("")
    assert "Logged In" in everything
    assert "<script>" not in everything
    assert "&lt;script&gt;" in everything
    assert "Opened" in shown("?unattributed=on")
    assert "Logged In" not in shown("?unattributed=on")
    assert "Logged In" in shown("?user=u1")
    assert "Opened" not in shown("?user=u1")
    assert "Opened" not in shown("?account=a")
    assert "There is no account with this id." in shown("?account=nobody")
    assert "Opened" not in shown("?last=2020-01-01")
    assert client.get(url(sent, "events") + "?cursor=made-up").status_code == 200


def test_the_browser_pages_through_everything_once(workspace, post, client_as) -> None:
    post(
        "batch",
        {"batch": [{"type": "track", "event": f"E{n}.", "userId": "u"} for n in range(120)]},
    )
    client, found, query = client_as("viewer"), [], ""
    for _page in range(3):
        answer = client.get(url(workspace, "events") + query)
        found += [row["name"] for row in answer.context["page"].rows]
        query = f"?cursor={answer.context['page'].next_cursor}"
    assert found == [f"E{n}." for n in reversed(range(120))]
    assert answer.context["page"].next_cursor is None


def test_one_event_is_shown_raw_and_to_nobody_else(sent, client_as, rival_workspace) -> None:
    with tenancy.scope(sent.pk):
        event = Event.objects.get(name="Opened")
    path = f"/w/{{}}/data/events/{event.pk}/"
    assert client_as("viewer").get(path.format(sent.slug)).status_code == 200
    rival = client_as("owner", of=rival_workspace)
    assert rival.get(path.format(rival_workspace.slug)).status_code == 404
    assert rival.get(path.format(sent.slug)).status_code == 404


def test_rejected_items_show_their_reason_and_body(sent, client_as) -> None:
    text = client_as("admin").get(url(sent, "rejected")).text
    assert "missing_event" in text
    assert "what is this?" in text
    client = client_as("admin")
    client.cookies["django_language"] = "ja"
    text = client.get(url(sent, "rejected")).text
    assert "イベント名がありません" in text
    # what programs are told is quoted, and said to be for those who write them
    assert '開発者向け： <span lang="en"><code>missing_event</code> a track call' in text


def test_what_counts_as_a_log_in_can_be_changed(sent, client_as) -> None:
    path = url(sent, "catalogue") + "log-in/"
    with tenancy.scope(sent.pk):
        assert EventName.objects.get(name="Logged In").is_login
    assert client_as("viewer").post(path, {"name": "Logged In"}).status_code == 403
    assert client_as("manager").post(path, {"name": "Nothing"}).status_code == 404
    answer = client_as("manager").post(path, {"name": "Logged In", "is_login": "0"})
    assert answer.status_code == 303
    with tenancy.scope(sent.pk):
        assert not EventName.objects.get(name="Logged In").is_login
        assert DirtyDay.objects.count() == 1
