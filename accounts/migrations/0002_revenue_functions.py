from django.db import migrations

# Both functions are single SELECTs, STABLE and with the caller's rights, so that PostgreSQL
# inlines them: a condition on account_id or subscription_id reaches the index below. OFFSET 0 keeps
# it from writing an expression out wherever it is named, which would work it out as often.

STATES = """
CREATE FUNCTION subscription_states(workspace bigint, as_of date, known_until timestamptz)
RETURNS TABLE (
    account_id bigint,
    subscription_id bigint,
    product_id bigint,
    plan_id bigint,
    seats integer,
    unit_price numeric,
    contracted_mrr numeric,
    currency varchar,
    billing_months integer,
    starts_on date,
    term_ends_on date,
    term_months integer,
    auto_renew boolean,
    notice_deadline_on date,
    notice_given_on date,
    ended_on date,
    status text
)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT
        s.account_id,
        s.id,
        s.product_id,
        e.plan_id,
        e.seats,
        e.unit_price,
        e.mrr,
        e.currency,
        e.billing_months::integer,
        e.starts_on,
        t.term_ends_on,
        e.term_months::integer,
        e.auto_renew,
        -- the deadline moves with the term it belongs to
        t.term_ends_on - (e.term_ends_on - e.notice_deadline_on),
        e.notice_given_on,
        CASE
            WHEN e.kind = 'churn' THEN e.last_paid_on
            WHEN lapsed.is_lapsed THEN t.term_ends_on
        END,
        CASE
            WHEN e.kind = 'churn' OR lapsed.is_lapsed THEN 'ended'
            WHEN $2 > t.term_ends_on THEN 'overdue'
            WHEN e.is_paused THEN 'paused'
            ELSE 'active'
        END
    FROM accounts_workspace w
    JOIN accounts_subscription s ON s.workspace_id = w.id
    -- what the ledger said of the day: its latest entry, voided ones left out
    CROSS JOIN LATERAL (
        SELECT entry.*, entry.term_ends_on + 1 AS next_term_on
        FROM accounts_contractevent entry
        WHERE entry.workspace_id = $1
          AND entry.subscription_id = s.id
          AND entry.effective_on <= $2
          AND entry.known_at <= $3
          AND entry.kind NOT IN ('void', 'one_off')
          AND NOT EXISTS (
              SELECT FROM accounts_contractevent void
              WHERE void.workspace_id = $1 AND void.voids_id IS NOT NULL AND void.voids_id = entry.id AND void.known_at <= $3
          )
        ORDER BY entry.effective_on DESC, entry.id DESC
        LIMIT 1
    ) e
    -- a term rolls on by itself until the day, or until the day notice was given
    CROSS JOIN LATERAL (SELECT least($2, e.notice_given_on) AS until) roll
    -- whole terms that have begun since the entry's own term ended, or one too many
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN e.auto_renew AND roll.until > e.term_ends_on THEN
                floor(
                    (
                        (date_part('year', roll.until) - date_part('year', e.next_term_on)) * 12
                        + date_part('month', roll.until) - date_part('month', e.next_term_on)
                    ) / coalesce(e.term_months, e.billing_months)
                )::integer
        END AS whole
        OFFSET 0
    ) rolled
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN rolled.whole IS NULL THEN e.term_ends_on
            ELSE (
                e.next_term_on
                + make_interval(months =>
                    coalesce(e.term_months, e.billing_months) * (
                        rolled.whole
                        + CASE
                            WHEN e.next_term_on + make_interval(
                                months => coalesce(e.term_months, e.billing_months) * rolled.whole
                            ) <= roll.until THEN 1
                            ELSE 0
                        END
                    )
                )
            )::date - 1
        END AS term_ends_on
        OFFSET 0
    ) t
    -- a term that is over: at once after a notice, else 30 days of delay, unless renewed in them
    CROSS JOIN LATERAL (
        SELECT $2 > t.term_ends_on AND (
            e.notice_given_on IS NOT NULL
            OR $2 > t.term_ends_on + 30
            OR (
                ($3 AT TIME ZONE w.timezone)::date > t.term_ends_on + 30
                AND NOT EXISTS (
                    SELECT FROM accounts_contractevent later
                    WHERE later.workspace_id = $1
                      AND later.subscription_id = s.id
                      AND later.kind <> 'churn'
                      AND later.kind NOT IN ('void', 'one_off')
                      AND later.effective_on > $2
                      AND later.effective_on <= t.term_ends_on + 31
                      AND later.known_at <= $3
                      AND NOT EXISTS (
                          SELECT FROM accounts_contractevent void
                          WHERE void.workspace_id = $1
                            AND void.voids_id IS NOT NULL AND void.voids_id = later.id
                            AND void.known_at <= $3
                      )
                )
            )
        ) AS is_lapsed
        OFFSET 0
    ) lapsed
    WHERE w.id = $1
$$;

COMMENT ON FUNCTION subscription_states IS
'State of every subscription that had begun on as_of, by the contract ledger as known by
known_until. A term that is over rolls on by itself with auto_renew and no notice; after a notice
the contract ends with it; otherwise it is overdue for 30 days and then ended on the last paid day.';
"""

REVENUE = """
CREATE FUNCTION recurring_revenue(workspace bigint, as_of date, known_until timestamptz)
RETURNS TABLE (
    account_id bigint,
    subscription_id bigint,
    mrr numeric,
    starts_on date,
    term_ends_on date,
    notice_deadline_on date,
    auto_renew boolean,
    billing_months integer,
    product_id bigint,
    plan_id bigint,
    seats integer,
    notice_given_on date,
    status text
)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT
        s.account_id,
        s.subscription_id,
        round(
            s.contracted_mrr * CASE
                WHEN s.currency = w.currency THEN 1
                ELSE (
                    SELECT r.rate
                    FROM accounts_exchangerate r
                    WHERE r.workspace_id = $1 AND r.currency = s.currency AND r.valid_from <= $2
                    ORDER BY r.valid_from DESC
                    LIMIT 1
                )
            END,
            4
        ),
        s.starts_on,
        s.term_ends_on,
        s.notice_deadline_on,
        s.auto_renew,
        s.billing_months,
        s.product_id,
        s.plan_id,
        s.seats,
        s.notice_given_on,
        s.status
    FROM subscription_states($1, $2, $3) s
    JOIN accounts_workspace w ON w.id = $1
    WHERE s.status <> 'ended'
$$;

COMMENT ON FUNCTION recurring_revenue IS
'Monthly recurring revenue per subscription active on as_of, as known by known_until, in the
workspace''s currency at the rate in force on as_of. mrr is NULL where no rate was in force: such
contracts are to be shown as missing, never counted as 0.';
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunSQL(STATES, "DROP FUNCTION subscription_states(bigint, date, timestamptz);"),
        migrations.RunSQL(REVENUE, "DROP FUNCTION recurring_revenue(bigint, date, timestamptz);"),
    ]
