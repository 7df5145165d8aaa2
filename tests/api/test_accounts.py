"""Accounts by external id: read, written, listed, many at once."""

import datetime as dt
from typing import Any

import pytest

from accounts.models import Account, AttributeChange, DirtyAccount, Workspace
from cs_platform.core import tenancy
from tests.api.conftest import Caller, problem
from tests.cast import Cast


def test_an_account_is_created_read_and_changed(api: Caller, cast: Cast) -> None:
    body = {
        "name": " 株式会社アクメ ",
        "segment": "mid_market",
        "seats": 40,
        "owner_email": cast["csm"].user.email.upper(),
        "attributes": {"region": "関東", "nested": {"a": [1, None]}},
    }
    created = api.put("accounts/acme-1", body)
    assert created.status_code == 201, created.content
    assert created.json()["name"] == "株式会社アクメ"
    assert created.json()["owner_email"] == cast["csm"].user.email

    read = api.get("accounts/acme-1")
    assert read.json() == created.json()
    assert read["ETag"] == created["ETag"]
    assert read.json()["attributes"] == {"region": "関東", "nested": {"a": [1, None]}}

    again = api.put("accounts/acme-1", body)
    assert again.status_code == 200
    assert again["ETag"] == created["ETag"]

    changed = api.patch("accounts/acme-1", {"seats": 50, "attributes": {"region": None}})
    assert changed.status_code == 200
    assert changed.json()["seats"] == 50
    assert changed.json()["attributes"] == {"nested": {"a": [1, None]}}
    assert changed.json()["segment"] == "mid_market"
    assert changed["ETag"] != created["ETag"]


def test_a_write_leaves_history_and_marks(api: Caller, workspace: Workspace) -> None:
    api.put("accounts/a", {"name": "A", "stage": "onboarding"})
    api.patch("accounts/a", {"stage": "adoption", "happened_at": "2025-04-01T09:00:00+09:00"})
    with tenancy.scope(workspace.pk):
        changes = AttributeChange.objects.filter(attribute="stage").order_by("id")
        assert [(change.old_value, change.new_value) for change in changes] == [
            ("", "onboarding"),
            ("", "adoption"),
        ]
        assert changes[1].happened_at == dt.datetime(2025, 4, 1, tzinfo=dt.UTC)
        assert DirtyAccount.objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        "顧客/1 a",
        "株式会社\N{IDEOGRAPHIC SPACE}山田",
        "x\N{NO-BREAK SPACE}y",
        "a\N{ZERO WIDTH JOINER}b",
    ],
)
def test_an_id_may_hold_slashes_and_other_scripts(api: Caller, name: str) -> None:
    assert api.put(f"accounts/{name}", {"name": "A"}).status_code == 201
    assert api.get(f"accounts/{name}").json()["external_id"] == name
    assert api.get("accounts/a%00b").status_code == 404


def test_only_asked_for_members_are_shown(api: Caller) -> None:
    api.put("accounts/a", {"name": "A"})
    assert api.get("accounts/a?fields=name,seats").json() == {"name": "A", "seats": None}
    listed = api.get("accounts?fields=external_id").json()
    assert listed["items"] == [{"external_id": "a"}]
    assert api.get("accounts/a?fields=name,name").json() == {"name": "A"}
    assert "'nome'" in problem(api.get("accounts?fields=nome"), 400, "bad_parameter")["detail"]


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({}, "required", "#/name"),
        ({"name": None}, "required", "#/name"),
        ({"name": ""}, "required", "#/name"),
        ({"name": 5}, "wrong_type", "#/name"),
        ({"name": "x" * 301}, "too_long", "#/name"),
        ({"name": "A", "nmae": "A"}, "unknown_field", "#/nmae"),
        ({"name": "A", "a/b~c": 1}, "unknown_field", "#/a~1b~0c"),
        ({"name": "A", "seats": "3"}, "wrong_type", "#/seats"),
        ({"name": "A", "seats": True}, "wrong_type", "#/seats"),
        ({"name": "A", "seats": 1.5}, "wrong_type", "#/seats"),
        ({"name": "A", "seats": -1}, "out_of_range", "#/seats"),
        ({"name": "A", "seats": 10**12}, "out_of_range", "#/seats"),
        ({"name": "A", "segment": "big"}, "unknown_choice", "#/segment"),
        ({"name": "A", "owner_email": "no@one.example"}, "unknown_member", "#/owner_email"),
        ({"name": "A", "parent_external_id": "none"}, "unknown_account", "#/parent_external_id"),
        ({"name": "A", "onboarding_due_on": "2025-02-30"}, "not_a_date", "#/onboarding_due_on"),
        ({"name": "A", "onboarding_due_on": "9999-01-01"}, "out_of_range", "#/onboarding_due_on"),
        ({"name": "A", "happened_at": "2999-01-01T00:00Z"}, "out_of_range", "#/happened_at"),
        ({"name": "A", "happened_at": "2199-01-01T00:00Z"}, "in_future", "#/happened_at"),
        ({"name": "A", "attributes": []}, "wrong_type", "#/attributes"),
        ({"name": "A", "attributes": {"a": "x" * 40_000}}, "too_long", "#/attributes"),
        ({"name": "A", "external_id": "b"}, "id_differs", "#/external_id"),
        ({"name": "A", "website": "javascript:alert(1)"}, "not_a_web_address", "#/website"),
        ([], "wrong_type", "#"),
        ("A", "wrong_type", "#"),
    ],
)
def test_a_bad_body_is_refused_with_its_place(
    api: Caller, workspace: Workspace, body: Any, code: str, pointer: str
) -> None:
    document = problem(api.put("accounts/a", body), 422, code)
    assert pointer in [error["pointer"] for error in document["errors"]]
    with tenancy.scope(workspace.pk):
        assert not Account.objects.exists()


def test_every_fault_is_told_at_once(api: Caller) -> None:
    document = problem(api.put("accounts/a", {"seats": "x", "nmae": 1}), 422, "wrong_type")
    assert {error["pointer"] for error in document["errors"]} == {"#/seats"}
    document = problem(api.put("accounts/a", {"seats": -1, "nmae": 1}), 422, "out_of_range")
    assert {e["pointer"] for e in document["errors"]} >= {"#/seats", "#/nmae"}


def test_patch_needs_an_account(api: Caller) -> None:
    problem(api.patch("accounts/a", {"name": "A"}), 404, "not_found")


def test_a_rivals_account_does_not_exist(api: Caller, rival_api: Caller) -> None:
    api.put("accounts/a", {"name": "Ours"})
    problem(rival_api.get("accounts/a"), 404, "not_found")
    problem(rival_api.patch("accounts/a", {"name": "Theirs"}), 404, "not_found")
    assert rival_api.get("accounts").json()["items"] == []
    rival_api.put("accounts/a", {"name": "Theirs"})
    rival_api.put("accounts/b", {"name": "B"})
    assert api.get("accounts/a").json()["name"] == "Ours"
    document = problem(
        api.put("accounts/c", {"name": "C", "parent_external_id": "b"}), 422, "unknown_account"
    )
    assert document["errors"][0]["pointer"] == "#/parent_external_id"


class TestEtags:
    def test_the_second_of_two_editors_is_refused(self, api: Caller) -> None:
        etag = api.put("accounts/a", {"name": "A"})["ETag"]
        assert api.patch("accounts/a", {"seats": 1}, **{"If-Match": etag}).status_code == 200
        problem(
            api.patch("accounts/a", {"seats": 2}, **{"If-Match": etag}),
            412,
            "precondition_failed",
        )
        assert api.get("accounts/a").json()["seats"] == 1

    def test_only_create(self, api: Caller) -> None:
        new = {"If-None-Match": "*"}
        assert api.put("accounts/a", {"name": "A"}, **new).status_code == 201
        problem(api.put("accounts/a", {"name": "B"}, **new), 412, "precondition_failed")

    def test_only_change(self, api: Caller) -> None:
        problem(
            api.put("accounts/a", {"name": "A"}, **{"If-Match": "*"}), 412, "precondition_failed"
        )
        api.put("accounts/a", {"name": "A"})
        assert api.put("accounts/a", {"seats": 2}, **{"If-Match": "*"}).status_code == 200

    @pytest.mark.parametrize("tag", ['W/"{}"', "nonsense", '"x", "y"', ""])
    def test_other_tags_do_not_match(self, api: Caller, tag: str) -> None:
        etag = api.put("accounts/a", {"name": "A"})["ETag"].strip('"')
        answer = api.patch("accounts/a", {"seats": 2}, **{"If-Match": tag.format(etag)})
        problem(answer, 412, "precondition_failed")


class TestBulk:
    def test_each_item_has_its_own_result(self, api: Caller) -> None:
        api.put("accounts/same", {"name": "Same"})
        api.put("accounts/old", {"name": "Old"})
        answer = api.post(
            "accounts/bulk",
            {
                "items": [
                    {"external_id": "new", "name": "New"},
                    {"external_id": "same", "name": "Same"},
                    {"external_id": "old", "name": "Renamed"},
                    {"external_id": "bad", "name": "Bad", "seats": "many"},
                    {"external_id": "worse"},
                    "not an object",
                    {"name": "No id"},
                    {"external_id": "new", "seats": 3},
                ]
            },
        )
        assert answer.status_code == 200, answer.content
        found = answer.json()
        assert [r["outcome"] for r in found["results"]] == [
            "created",
            "unchanged",
            "updated",
            "rejected",
            "rejected",
            "rejected",
            "rejected",
            "updated",
        ]
        assert found["created"] == 1
        assert found["rejected"] == 4
        assert found["results"][3] == {
            "external_id": "bad",
            "outcome": "rejected",
            "errors": [
                {
                    "code": "wrong_type",
                    "detail": "Must be integer or null.",
                    "pointer": "#/items/3/seats",
                }
            ],
        }
        assert api.get("accounts/new").json()["seats"] == 3
        assert api.get("accounts/old").json()["name"] == "Renamed"
        problem(api.get("accounts/bad"), 404, "not_found")

    @pytest.mark.parametrize(
        "body",
        [
            {},
            [],
            {"items": []},
            {"items": {}},
            {"items": [{}] * 1001},
            {"items": [{}], "is_historical": "yes"},
            {"items": [{}], "more": 1},
        ],
    )
    def test_what_is_no_bulk_is_refused_whole(self, api: Caller, body: Any) -> None:
        assert api.post("accounts/bulk", body).status_code == 422

    def test_a_thousand_at_once(self, api: Caller, django_assert_max_num_queries: Any) -> None:
        items = [{"external_id": f"a-{n}", "name": f"Account {n}"} for n in range(1000)]
        with django_assert_max_num_queries(25):
            answer = api.post("accounts/bulk", {"items": items})
        assert answer.json()["created"] == 1000


class TestList:
    @pytest.fixture
    def many(self, api: Caller) -> list[str]:
        items = [
            {
                "external_id": f"a-{n:02}",
                "name": f"Account {n % 5}",
                "segment": ["enterprise", "small"][n % 2],
                "country": "JP" if n % 3 else "DE",
            }
            for n in range(23)
        ]
        api.post("accounts/bulk", {"items": items})
        return [str(item["external_id"]) for item in items]

    def walk(self, api: Caller, address: str) -> list[str]:
        found: list[str] = []
        cursor = ""
        while True:
            page = api.get(f"{address}{cursor}").json()
            found += [item["external_id"] for item in page["items"]]
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    @pytest.mark.parametrize("sort", ["name", "-name", "external_id", "-external_id", "created"])
    @pytest.mark.parametrize("limit", [1, 7, 23, 100])
    def test_all_pages_are_all_rows_once(
        self, api: Caller, many: list[str], sort: str, limit: int
    ) -> None:
        found = self.walk(api, f"accounts?sort={sort}&limit={limit}")
        assert sorted(found) == many
        assert len(set(found)) == len(found)

    def test_filters_cut(self, api: Caller, many: list[str]) -> None:
        found = self.walk(api, "accounts?segment=small&country=DE&limit=2")
        assert sorted(found) == [many[n] for n in range(23) if n % 2 and n % 3 == 0]

    def test_owner_and_time_filters(self, api: Caller, many: list[str], cast: Cast) -> None:
        api.patch("accounts/a-03", {"owner_email": cast["csm"].user.email})
        assert self.walk(api, f"accounts?owner={cast['csm'].user.email}") == ["a-03"]
        since = api.get("accounts/a-03").json()["updated_at"]
        assert self.walk(api, f"accounts?updated_since={since}") == ["a-03"]

    @pytest.mark.parametrize(
        ("query", "code", "parameter"),
        [
            ("colour=red", "unknown_parameter", "colour"),
            ("limit=0", "bad_parameter", "limit"),
            ("limit=501", "bad_parameter", "limit"),
            ("limit=x", "bad_parameter", "limit"),
            ("sort=seats", "bad_parameter", "sort"),
            ("segment=huge", "bad_parameter", "segment"),
            ("segment=small&segment=enterprise", "bad_parameter", "segment"),
            ("cursor=abc", "bad_cursor", "cursor"),
            ("tier=%00", "bad_parameter", "tier"),
            ("is_unconfirmed=1", "bad_parameter", "is_unconfirmed"),
            ("updated_since=yesterday", "bad_parameter", "updated_since"),
            ("updated_since=2025-04-01T00:00:00", "bad_parameter", "updated_since"),
            ("updated_since=0001-01-01T00:00:00%2B14:00", "bad_parameter", "updated_since"),
            ("owner=nobody@x.example", "unknown_member", "owner"),
        ],
    )
    def test_a_bad_parameter_is_named(
        self, api: Caller, query: str, code: str, parameter: str
    ) -> None:
        document = problem(api.get(f"accounts?{query}"), 400, code)
        assert document["errors"][0]["parameter"] == parameter

    def test_a_cursor_of_another_sort_is_refused(self, api: Caller, many: list[str]) -> None:
        cursor = api.get("accounts?sort=name&limit=2").json()["next_cursor"]
        problem(api.get(f"accounts?sort=-name&cursor={cursor}"), 400, "bad_cursor")

    def test_a_page_takes_few_queries(
        self, api: Caller, many: list[str], django_assert_max_num_queries: Any
    ) -> None:
        api.get("accounts")
        # key, savepoint and scope around the page's ids and its rows
        with django_assert_max_num_queries(8):
            assert len(api.get("accounts?limit=20").json()["items"]) == 20
