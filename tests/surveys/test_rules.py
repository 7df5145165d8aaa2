"""The rules without a database: scales, branching, times, tokens, robots, spam."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.letters import one_line
from accounts.models import Contact
from accounts.zones import main_zone, zone_of
from metrics.surveys import branching, robots, scales, spam, tokens
from metrics.surveys.models import Invitation, Survey
from metrics.surveys.timing import add_months, is_in_window, next_moment, next_wave_after

NOW = dt.datetime(2026, 3, 4, 1, 0, tzinfo=dt.UTC)


@dataclass
class Asked:
    key: str
    kind: str = "text"
    options: list[dict[str, str]] = field(default_factory=list)
    show_when: list[dict[str, Any]] = field(default_factory=list)


def _on(question: str, **condition: Any) -> list[dict[str, Any]]:
    return [{"question": question, **condition}]


@pytest.mark.parametrize(
    ("scale", "groups"),
    [
        (scales.NPS, ["detractor"] * 7 + ["passive"] * 2 + ["promoter"] * 2),
        (scales.CSAT, ["unsatisfied"] * 2 + ["neutral"] + ["satisfied"] * 2),
        (scales.CES5, ["easy"] * 2 + ["neutral"] + ["hard"] * 2),
        (scales.CES7, ["hard"] * 3 + ["neutral"] + ["easy"] * 3),
    ],
)
def test_groups_of_grades(scale: scales.Scale, groups: list[str]) -> None:
    assert [scale.group(grade) for grade in scale.grades] == groups
    for grade in (scale.lowest - 1, scale.highest + 1):
        with pytest.raises(ValueError, match="is not a grade"):
            scale.group(grade)
        assert scales.group(scale.kind, scale.highest, grade) == ""


def test_the_grades_that_call_for_contact() -> None:
    def bad(kind: str, highest: int | None) -> list[int]:
        return [score for score in range(11) if scales.needs_follow_up(kind, highest, score)]

    assert bad("nps", 10) == [0, 1, 2, 3, 4, 5, 6]
    assert bad("csat", 5) == [1, 2]
    assert bad("ces", 5) == [4, 5]
    assert bad("ces", 7) == [1, 2]
    assert bad("hearing", None) == []
    assert not scales.needs_follow_up("nps", 10, None)


OPTIONS = [{"key": "a", "en": "A", "ja": "A"}, {"key": "b", "en": "B", "ja": "B"}]


@pytest.mark.parametrize(
    ("questions", "found"),
    [
        ([Asked("x", show_when=_on("x", choices=["a"]))], [("x", "cycle")]),
        (
            [
                Asked("x", "single", OPTIONS, _on("z", choices=["a"])),
                Asked("y", "single", OPTIONS, _on("x", choices=["a"])),
                Asked("z", "single", OPTIONS, _on("y", choices=["a"])),
                Asked("w", show_when=_on("z", choices=["a"])),
            ],
            [("x", "cycle"), ("y", "cycle"), ("z", "cycle")],
        ),
        ([Asked("x", show_when=_on("nothing", choices=["a"]))], [("x", "unknown_question")]),
        (
            [Asked("x", show_when=_on("y", choices=["a"])), Asked("y", "single", OPTIONS)],
            [("x", "later_question")],
        ),
        (
            [Asked("y", "single", OPTIONS), Asked("x", show_when=_on("y", choices=["c"]))],
            [("x", "unknown_value")],
        ),
        ([Asked("y"), Asked("x", show_when=_on("y", choices=["a"]))], [("x", "wrong_condition")]),
        ([Asked("y", "rating"), Asked("x", show_when=_on("y", numbers=[6]))],
         [("x", "unknown_value")]),
        ([Asked("y", "rating"), Asked("x", show_when=_on("y", numbers=[True]))],
         [("x", "unknown_value")]),
        ([Asked("s", "score"), Asked("x", show_when=_on("s", groups=["satisfied"]))],
         [("x", "unknown_value")]),
        ([Asked("s", "score"), Asked("x", show_when=_on("s", groups=[], numbers=[1]))],
         [("x", "bad_rule")]),
        ([Asked("s", "score"), Asked("x", show_when=_on("s", groups=[]))], [("x", "bad_rule")]),
        ([Asked("x", show_when=[7])], [("x", "bad_rule")]),  # type: ignore[list-item]
        ([Asked("s", "score"), Asked("x", show_when=_on("s", groups=["passive"]))], []),
    ],
)  # fmt: skip
def test_rules_that_make_no_sense(questions: list[Asked], found: list[tuple[str, str]]) -> None:
    problems = branching.problems(questions, scales.NPS)
    assert [(problem.question, problem.code) for problem in problems] == found


keys = st.sampled_from("abcdef")


@settings(deadline=None)
@given(st.dictionaries(keys, st.sets(keys, max_size=3)))
def test_a_cycle_is_found_exactly_where_there_is_one(graph: dict[str, set[str]]) -> None:
    import graphlib

    questions = [
        Asked(
            key,
            "single",
            OPTIONS,
            [{"question": to, "choices": ["a"]} for to in sorted(graph[key])],
        )
        for key in sorted(graph)
    ]
    codes = {problem.code for problem in branching.problems(questions, None)}
    known = {key: graph[key] & graph.keys() for key in graph}
    try:
        graphlib.TopologicalSorter(known).prepare()
        has_cycle = False
    except graphlib.CycleError:
        has_cycle = True
    assert ("cycle" in codes) == has_cycle


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", None]), min_size=4, max_size=4))
def test_what_hangs_on_a_hidden_question_is_hidden(values: list[str | None]) -> None:
    chain = [
        Asked(f"q{n}", "single", OPTIONS, _on(f"q{n - 1}", choices=["a"]) if n else [])
        for n in range(4)
    ]
    answers = {f"q{n}": value for n, value in enumerate(values) if value is not None}
    shown = [question.key for question in branching.visible(chain, answers, None)]
    length = 1
    while length < 4 and values[length - 1] == "a":
        length += 1
    assert shown == [f"q{n}" for n in range(length)]


zones = st.sampled_from(
    ["Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
     "America/St_Johns", "Pacific/Chatham", "UTC"]
)  # fmt: skip
moments = st.datetimes(
    dt.datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis puts the zone in
    dt.datetime(2030, 1, 1),  # noqa: DTZ001
    timezones=st.just(dt.UTC),
)
windows = st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda w: w[0] < w[1])


@settings(deadline=None)
@given(moments, zones, st.sets(st.integers(1, 7), min_size=1), windows)
def test_the_next_moment_is_the_first_one_in_the_window(
    moment: dt.datetime, zone: str, days: set[int], window: tuple[int, int]
) -> None:
    found = next_moment(moment, zone, days, *window)
    assert found >= moment
    assert is_in_window(found, zone, days, *window)
    if found > moment:
        assert not is_in_window(moment, zone, days, *window)
        assert not is_in_window(found - dt.timedelta(seconds=1), zone, days, *window)
        hour = moment + dt.timedelta(minutes=30)
        while hour < found:
            assert not is_in_window(hour, zone, days, *window)
            hour += dt.timedelta(minutes=30)


def test_where_the_clocks_skip_the_windows_hour_the_day_has_none() -> None:
    # Berlin, 29 March 2026: from 2:00 straight to 3:00
    before = dt.datetime(2026, 3, 28, 12, tzinfo=dt.UTC)
    found = next_moment(before, "Europe/Berlin", range(1, 8), 2, 3)
    assert found == dt.datetime(2026, 3, 30, 0, 0, tzinfo=dt.UTC)


def test_months_are_counted_in_local_time_from_the_first() -> None:
    first = dt.datetime(2026, 1, 30, 15, 0, tzinfo=dt.UTC)  # 31 January, midnight in Tokyo
    assert add_months(first, 1, "Asia/Tokyo") == dt.datetime(2026, 2, 27, 15, tzinfo=dt.UTC)
    assert add_months(first, 2, "Asia/Tokyo") == dt.datetime(2026, 3, 30, 15, tzinfo=dt.UTC)
    assert next_wave_after(first, first, None, "Asia/Tokyo") is None
    # 9:00 in Berlin in winter is 9:00 in summer
    winter = dt.datetime(2026, 1, 15, 8, tzinfo=dt.UTC)
    assert add_months(winter, 6, "Europe/Berlin") == dt.datetime(2026, 7, 15, 7, tzinfo=dt.UTC)


@settings(deadline=None)
@given(
    moments, st.timedeltas(dt.timedelta(0), dt.timedelta(days=3000)), st.integers(1, 36),
    st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York"]),
)  # fmt: skip
def test_the_next_wave_is_the_first_turn_to_come(
    first: dt.datetime, passed: dt.timedelta, months: int, zone: str
) -> None:
    now = first + passed
    turns = [add_months(first, turn * months, zone) for turn in range(1, 101)]
    assert next_wave_after(first, now, months, zone) == next(t for t in turns if t > now)


def test_a_wave_that_summer_time_moves_into_the_next_month_is_not_left_out() -> None:
    # 31 October, 19:30 in New York; a month later winter time makes that 1 December in UTC
    first = dt.datetime(2026, 10, 31, 23, 30, tzinfo=dt.UTC)
    now = dt.datetime(2026, 12, 1, 0, 0, tzinfo=dt.UTC)
    following = dt.datetime(2026, 12, 1, 0, 30, tzinfo=dt.UTC)
    assert next_wave_after(first, now, 1, "America/New_York") == following


def test_peoples_time_zones() -> None:
    assert main_zone("jp") == "Asia/Tokyo"
    assert main_zone("US") == "America/New_York"
    assert main_zone("SE") == "Europe/Stockholm"
    assert (main_zone(""), main_zone("ZZ")) == ("", "")
    assert zone_of("", "DE", "Asia/Tokyo") == "Europe/Berlin"
    assert zone_of("Asia/Seoul", "DE", "Asia/Tokyo") == "Asia/Seoul"
    assert zone_of("", "", "Asia/Tokyo") == "Asia/Tokyo"


def _invitation(**fields: Any) -> Invitation:
    given = {"id": 7, "workspace_id": 3, "nonce": "ab12", "expires_at": NOW}
    return Invitation(**{**given, **fields})


def test_a_token_says_whose_it_is_and_until_when() -> None:
    token = tokens.invitation_token(_invitation())
    assert token.isascii()
    claim = tokens.read_invitation_token(token)
    assert claim == tokens.InvitationClaim(3, 7, "ab12", NOW)
    contact = Contact(id=9, workspace_id=3)
    unsubscribe = tokens.unsubscribe_token(contact)
    assert tokens.read_unsubscribe_token(unsubscribe) == tokens.ContactClaim(3, 9)
    # made for one purpose, good for no other
    with pytest.raises(tokens.BadToken):
        tokens.read_unsubscribe_token(token)
    with pytest.raises(tokens.BadToken):
        tokens.read_invitation_token(unsubscribe)


@settings(deadline=None)
@given(st.integers(0, 200), st.characters())
def test_a_changed_token_is_none(place: int, character: str) -> None:
    token = tokens.invitation_token(_invitation())
    place %= len(token)
    changed = token[:place] + character + token[place + 1 :]
    if changed != token:
        with pytest.raises(tokens.BadToken):
            tokens.read_invitation_token(changed)


@settings(deadline=None)
@given(st.text(max_size=400))
def test_no_text_breaks_the_reading_of_tokens(text: str) -> None:
    for read in (tokens.read_invitation_token, tokens.read_unsubscribe_token):
        with pytest.raises(tokens.BadToken):
            read(text)
    assert tokens.read_respondent(text) == ""
    assert tokens.stamp_age(text, NOW, Survey(id=1)) is None


def test_a_browser_is_known_again_by_its_cookie() -> None:
    cookie = tokens.new_respondent()
    assert tokens.read_respondent(cookie) == tokens.read_respondent(cookie) != ""
    assert tokens.read_respondent(tokens.new_respondent()) != tokens.read_respondent(cookie)
    assert cookie.split(".")[0] not in tokens.read_respondent(cookie)


FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)
CUBOT = (
    "Mozilla/5.0 (Linux; Android 12; CUBOT P60 Build/SP1A) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/138.0.0.0 Mobile Safari/537.36"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0"
)


@pytest.mark.parametrize("agent", [FIREFOX, IPHONE, EDGE, CUBOT])
def test_people_are_no_robots(agent: str) -> None:
    assert robots.signs(robots.Evidence(agent)) == []
    late = dt.timedelta(minutes=1)
    evidence = robots.Evidence(agent, since_delivery=late, scores_opened=3, had_script=False)
    assert robots.signs(evidence) == []


@pytest.mark.parametrize(
    ("evidence", "sign"),
    [
        (robots.Evidence("Barracuda Sentinel (EE)"), "scanner"),
        (robots.Evidence("python-requests/2.32"), "scanner"),
        (robots.Evidence("Mozilla/5.0 (compatible; bingbot/2.0)"), "scanner"),
        (robots.Evidence("Mozilla/5.0 HeadlessChrome/138.0"), "scanner"),
        (robots.Evidence(FIREFOX, purpose="prefetch;anonymous-client-ip"), "prefetch"),
        (robots.Evidence(FIREFOX, since_delivery=dt.timedelta(seconds=1.9)), "instant"),
        (robots.Evidence(FIREFOX, scores_opened=4), "every_score"),
        (
            robots.Evidence(FIREFOX, since_delivery=dt.timedelta(seconds=9), had_script=False),
            "no_script",
        ),
        (robots.Evidence(" "), "no_agent"),
    ],
)
def test_each_sign_of_a_robot(evidence: robots.Evidence, sign: str) -> None:
    assert robots.signs(evidence) == [sign]


def test_spam_in_an_open_form() -> None:
    survey, other = Survey(id=1), Survey(id=2)
    stamp = tokens.form_stamp(NOW, survey)

    def found(after: float, *, honeypot: str = "", stamp: str = stamp, of: Survey = survey) -> Any:
        now = NOW + dt.timedelta(seconds=after)
        return spam.spam_in(honeypot=honeypot, stamp=stamp, now=now, survey=of)

    assert found(2) is None
    assert found(1.9) == "too_fast"
    assert found(-1) == "no_stamp"
    assert found(60, honeypot="https://buy.example") == "honeypot"
    assert found(60, stamp="made.up") == "no_stamp"
    assert found(60, of=other) == "no_stamp"
    assert found(24 * 3600 + 1) == "too_old"


def test_of_a_senders_address_only_sameness_is_kept() -> None:
    assert spam.ip_hash("203.0.113.9") == spam.ip_hash("::ffff:203.0.113.9")
    assert spam.ip_hash("2001:db8::1") == spam.ip_hash("2001:db8::ffff:2")
    assert spam.ip_hash("2001:db8::1") != spam.ip_hash("2001:db8:0:1::1")
    assert spam.ip_hash("203.0.113.9") != spam.ip_hash("203.0.113.8")
    assert spam.ip_hash("nonsense") == spam.ip_hash("")
    assert "203" not in spam.ip_hash("203.0.113.9")[:3] or len(spam.ip_hash("x")) == 64


def test_one_address_may_send_so_many_answers() -> None:
    survey = Survey(id=987654)
    taken = [spam.take_answer("198.51.100.7", survey) for _n in range(spam.ANSWERS_PER_HOUR + 1)]
    assert [allowance.allowed for allowance in taken] == [True] * spam.ANSWERS_PER_HOUR + [False]
    assert taken[-1].retry_after > 0
    assert spam.take_answer("198.51.100.8", survey).allowed


def test_scores_opened_are_counted_once_each() -> None:
    invitation = _invitation(id=123456789)
    assert [spam.note_opened(invitation, score) for score in (3, 3, 4, None, 5, 6)] == [
        1, 1, 2, 2, 3, 4,
    ]  # fmt: skip
    assert spam.scores_opened(invitation) == 4


@settings(deadline=None)
@given(st.text())
def test_no_text_makes_a_second_header_line(text: str) -> None:
    line = one_line(text, 500)
    assert len(line.splitlines()) <= 1
    assert "\0" not in line
