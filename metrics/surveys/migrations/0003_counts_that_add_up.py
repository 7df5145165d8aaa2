import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

import cs_platform.core.constraints
import metrics.surveys.models.results

# Two neighbouring characters of which one is not ASCII: words that are too short for trigrams.
BIGRAMS = """
CREATE FUNCTION surveys_bigrams(body text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT pair) FILTER (WHERE pair ~ '[^[:ascii:]]'), '{}')
    FROM (
        SELECT letter || lead(letter) OVER (ORDER BY place) AS pair
        FROM unnest(string_to_array(body, NULL)) WITH ORDINALITY AS t (letter, place)
    ) AS pairs
$$;
"""

# What a statement changes in the counts of letters is added to them, by whoever writes. It runs
# with the writer's rights, so row-level security holds it to its workspace; nobody waits for
# anybody, since rows are only added.
_COUNT = """
CREATE FUNCTION surveys_letters_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO surveys_surveycount (
        workspace_id, survey_id, wave_id, month,
        invited, waiting, delivered, bounced, suppressed, answered
    )
    SELECT
        m.workspace_id, m.survey_id, m.wave_id, m.month,
        sum(m.weight),
        coalesce(sum(m.weight) FILTER (WHERE m.state = 'queued'), 0),
        coalesce(sum(m.weight) FILTER (WHERE m.is_delivered), 0),
        coalesce(sum(m.weight) FILTER (WHERE m.state = 'bounced'), 0),
        coalesce(sum(m.weight) FILTER (WHERE m.state = 'suppressed'), 0),
        coalesce(sum(m.weight) FILTER (WHERE m.is_delivered AND m.answered_at IS NOT NULL), 0)
    FROM (
        SELECT
            i.*,
            i.sent_at IS NOT NULL AND i.state <> 'bounced' AS is_delivered,
            coalesce(
                date_trunc('month', i.sent_at AT TIME ZONE w.timezone)::date, DATE '1900-01-01'
            ) AS month
        FROM ({rows}) AS i
        JOIN accounts_workspace w ON w.id = i.workspace_id
    ) AS m
    GROUP BY m.workspace_id, m.survey_id, m.wave_id, m.month
    HAVING sum(m.weight) <> 0
        OR coalesce(sum(m.weight) FILTER (WHERE m.state = 'queued'), 0) <> 0
        OR coalesce(sum(m.weight) FILTER (WHERE m.is_delivered), 0) <> 0
        OR coalesce(sum(m.weight) FILTER (WHERE m.state = 'bounced'), 0) <> 0
        OR coalesce(sum(m.weight) FILTER (WHERE m.state = 'suppressed'), 0) <> 0
        OR coalesce(
            sum(m.weight) FILTER (WHERE m.is_delivered AND m.answered_at IS NOT NULL), 0
        ) <> 0;
    RETURN NULL;
END
$$;
CREATE TRIGGER surveys_letters_{event} AFTER {event} ON surveys_invitation
REFERENCING {tables}
FOR EACH STATEMENT EXECUTE FUNCTION surveys_letters_{event}();
"""
_NEW, _OLD = "SELECT n.*, 1 AS weight FROM written n", "SELECT o.*, -1 AS weight FROM gone o"
LETTERS = [
    _COUNT.format(event="insert", rows=_NEW, tables="NEW TABLE AS written"),
    _COUNT.format(
        event="update",
        rows=f"{_NEW} UNION ALL {_OLD}",
        tables="NEW TABLE AS written OLD TABLE AS gone",
    ),
    _COUNT.format(event="delete", rows=_OLD, tables="OLD TABLE AS gone"),
]
GONE = [
    "DROP TRIGGER surveys_letters_insert ON surveys_invitation",
    "DROP TRIGGER surveys_letters_update ON surveys_invitation",
    "DROP TRIGGER surveys_letters_delete ON surveys_invitation",
    "DROP FUNCTION surveys_letters_insert()",
    "DROP FUNCTION surveys_letters_update()",
    "DROP FUNCTION surveys_letters_delete()",
]
_MANAGED = {
    "abstract": False,
    "base_manager_name": "objects",
    "default_manager_name": "objects",
}


def _id() -> models.BigAutoField:
    return models.BigAutoField(
        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
    )


def _workspace() -> models.ForeignKey:
    return models.ForeignKey(
        db_index=False,
        editable=False,
        on_delete=django.db.models.deletion.CASCADE,
        to="accounts.workspace",
    )


def _part_of(model: str, related_name: str, **options: bool) -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name=related_name,
        to=model,
        **options,
    )


def _keyed(table: str, *foreign: str, unique: tuple[str, ...] = (), name: str = "key") -> list:
    constraints = [
        models.UniqueConstraint(fields=("workspace", "id"), name=f"surveys_{table}_workspace_id"),
        *(
            cs_platform.core.constraints.TenantForeignKey(
                field=field, name=f"surveys_{table}_{field}_fk"
            )
            for field in foreign
        ),
    ]
    if unique:
        constraints.append(models.UniqueConstraint(fields=unique, name=f"surveys_{table}_{name}"))
    return constraints


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_mail_and_contact_budget"),
        ("surveys", "0002_newest_answers"),
    ]

    operations = [
        migrations.RunSQL(BIGRAMS, "DROP FUNCTION surveys_bigrams(text)"),
        migrations.CreateModel(
            name="ChoiceFigure",
            fields=[
                ("id", _id()),
                (
                    "span",
                    models.CharField(
                        choices=[
                            ("month", "Month"),
                            ("quarter", "Quarter"),
                            ("year", "Year"),
                            ("ever", "Ever"),
                        ],
                        max_length=7,
                    ),
                ),
                ("starts_on", models.DateField()),
                ("choice", models.CharField(blank=True, max_length=40)),
                ("n", models.IntegerField()),
                ("question", _part_of("surveys.question", "figures")),
                ("workspace", _workspace()),
            ],
            options={
                **_MANAGED,
                "constraints": _keyed(
                    "choicefigure",
                    "question",
                    unique=("workspace", "question", "span", "starts_on", "choice"),
                ),
            },
        ),
        migrations.CreateModel(
            name="ResultCalendar",
            fields=[
                ("id", _id()),
                ("timezone", models.CharField(max_length=64)),
                ("fiscal_month", models.PositiveSmallIntegerField()),
                ("generation", models.IntegerField(default=0)),
                ("workspace", _workspace()),
            ],
            options={
                **_MANAGED,
                "constraints": _keyed("resultcalendar", unique=("workspace",), name="one"),
            },
        ),
        migrations.CreateModel(
            name="SurveyCount",
            fields=[
                ("id", _id()),
                ("month", models.DateField()),
                ("invited", models.IntegerField(db_default=0)),
                ("waiting", models.IntegerField(db_default=0)),
                ("delivered", models.IntegerField(db_default=0)),
                ("bounced", models.IntegerField(db_default=0)),
                ("suppressed", models.IntegerField(db_default=0)),
                ("answered", models.IntegerField(db_default=0)),
                ("responses", models.IntegerField(db_default=0)),
                ("is_sum", models.BooleanField(db_default=False)),
                ("survey", _part_of("surveys.survey", "counts")),
                ("wave", _part_of("surveys.wave", "counts", null=True)),
                ("workspace", _workspace()),
            ],
            options={
                **_MANAGED,
                "constraints": _keyed("surveycount", "survey", "wave"),
                "indexes": [
                    models.Index(fields=["workspace", "survey"], name="surveys_surveycount_survey"),
                    models.Index(
                        condition=models.Q(("is_sum", False)),
                        fields=["workspace", "id"],
                        name="surveys_surveycount_new",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ThemeReach",
            fields=[
                ("id", _id()),
                ("months", models.PositiveSmallIntegerField()),
                ("accounts", models.IntegerField()),
                ("arr", models.DecimalField(decimal_places=2, max_digits=18)),
                ("unpriced", models.IntegerField()),
                ("counted_at", models.DateTimeField()),
                ("theme", _part_of("surveys.theme", "reach")),
                ("workspace", _workspace()),
            ],
            options={
                **_MANAGED,
                "constraints": _keyed(
                    "themereach", "theme", unique=("workspace", "theme", "months")
                ),
            },
        ),
        migrations.DeleteModel(name="DeliveryFigure"),
        migrations.RunSQL(LETTERS, GONE),
        migrations.AddField(
            model_name="countedanswer",
            name="generation",
            field=models.IntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="countedanswer",
            name="picks",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60), db_default=[], default=list, size=None
            ),
        ),
        migrations.AddIndex(
            model_name="countedanswer",
            index=models.Index(
                condition=models.Q(("search_text", ""), _negated=True),
                fields=["workspace", "kind", "happened_at", "id"],
                name="surveys_counted_by_kind",
            ),
        ),
        migrations.AddIndex(
            model_name="countedanswer",
            index=django.contrib.postgres.indexes.GinIndex(
                metrics.surveys.models.results.BigramsOf("search_text"),
                condition=models.Q(("search_text", ""), _negated=True),
                name="surveys_counted_bigrams",
            ),
        ),
        migrations.AddIndex(
            model_name="followup",
            index=models.Index(
                condition=models.Q(("state", "resolved"), _negated=True),
                fields=["workspace", "due_on", "id"],
                name="surveys_followup_due",
            ),
        ),
        migrations.AddIndex(
            model_name="followup",
            index=models.Index(
                condition=models.Q(("state", "resolved")),
                fields=["workspace", "opened_at", "id"],
                name="surveys_followup_resolved",
            ),
        ),
    ]
