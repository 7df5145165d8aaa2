-- role: analytics
-- What every account's life was by a boundary, whatever period ends there: when it began to pay and when
-- it stopped, its first onboarding and what became of it, and the months it paid in. Needs kpis_spell,
-- kpis_entry and kpis_onboarding. Everybody is there who has paid or begun an onboarding.
INSERT INTO kpis_life (
    account_id, is_referred, first_on, first_last_on, last_on, reason, started_on, completed_on,
    onboarding_counts, onboarding_in_time, kept_6m, kept_12m, lost_before_completion,
    months_paid, months_lost, paid_12m_ago, paid_24m_ago
)
WITH
-- when an account began to pay, how long it stayed, and when it last stopped
life AS MATERIALIZED (
    SELECT
        account_id,
        min(from_on) AS first_on,
        (array_agg(last_on ORDER BY number))[1] AS first_last_on,
        (array_agg(last_on ORDER BY number DESC))[1] AS last_on,
        max(from_on) AS last_from_on
    FROM kpis_spell
    GROUP BY account_id
),
-- month boundaries back from the end: the last 12 months, and 24 months back
boundary AS MATERIALIZED (
    SELECT back, (%(boundary)s::date - make_interval(months => back))::date AS day
    FROM generate_series(0, 24) AS back
    WHERE back <= 12 OR back = 24
),
-- the boundaries each spell goes over: it began before it (by it, where a first day counts to the
-- opening) and had not ended
gone_over AS MATERIALIZED (
    SELECT
        s.account_id,
        s.number,
        count(*) FILTER (WHERE b.back BETWEEN 1 AND 12) AS months,
        bool_or(b.back = 12) AS goes_over_12,
        bool_or(b.back = 24) AS goes_over_24,
        -- the last one it went over, where it ended in the month that followed
        CASE WHEN s.last_on IS NOT NULL AND min(b.back) BETWEEN 1 AND 12 THEN min(b.back) END
            AS last_back
    FROM kpis_spell s
    JOIN boundary b
        ON s.from_on < b.day + %(first_day)s AND coalesce(s.last_on, 'infinity') >= b.day
    GROUP BY s.account_id, s.number, s.last_on
),
-- months in which an account was lost: at their end it paid for nothing, not even anew
month_lost AS MATERIALIZED (
    SELECT g.account_id, count(*) AS months
    FROM gone_over g
    JOIN boundary b ON b.back = g.last_back - 1
    WHERE NOT EXISTS (
        SELECT FROM kpis_spell s
        WHERE s.account_id = g.account_id AND s.from_on < b.day + %(first_day)s
          AND coalesce(s.last_on, 'infinity') >= b.day
    )
    GROUP BY g.account_id
),
-- both per account
month_paid AS MATERIALIZED (
    SELECT
        g.account_id,
        sum(g.months) AS months_paid,
        coalesce(min(l.months), 0) AS months_lost,
        bool_or(g.goes_over_12) AS paid_12m_ago,
        bool_or(g.goes_over_24) AS paid_24m_ago
    FROM gone_over g
    LEFT JOIN month_lost l ON l.account_id = g.account_id
    GROUP BY g.account_id
),
-- the latest reason given for leaving, with the notice or the end, since the account last returned
farewell AS MATERIALIZED (
    SELECT DISTINCT ON (e.account_id) e.account_id, e.reason
    FROM kpis_entry e
    JOIN life l ON l.account_id = e.account_id AND e.effective_on >= l.last_from_on
    WHERE e.reason <> ''
      AND (e.kind = 'churn' OR e.kind = 'notice' AND e.effective_on < %(boundary)s + %(first_day)s)
    ORDER BY e.account_id, e.effective_on DESC, e.id DESC
),
-- the spell an onboarding was completed in, or the first one after it
onboarded AS MATERIALIZED (
    SELECT DISTINCT ON (b.account_id)
        b.account_id, s.last_on, greatest(b.completed_on, s.from_on) AS since
    FROM kpis_onboarding b
    JOIN kpis_spell s ON s.account_id = b.account_id
    WHERE b.completed_on < %(boundary)s AND coalesce(s.last_on, 'infinity') >= b.completed_on
      AND (s.from_on <= b.completed_on OR s.number = 1)
    ORDER BY b.account_id, s.number
)
SELECT
    a.id, a.referrer_id IS NOT NULL, l.first_on, l.first_last_on, l.last_on,
    coalesce(f.reason, ''),
    b.started_on, CASE WHEN b.completed_on < %(boundary)s THEN b.completed_on END,
    coalesce(b.started_on + %(target_days)s <= %(boundary)s, false),
    coalesce(
        b.started_on + %(target_days)s <= %(boundary)s
        AND b.completed_on <= b.started_on + %(target_days)s
        AND b.completed_on < %(boundary)s,
        false
    ),
    CASE WHEN o.since + interval '6 months' <= %(boundary)s
        THEN o.last_on IS NULL OR o.last_on >= o.since + interval '6 months' END,
    CASE WHEN o.since + interval '12 months' <= %(boundary)s
        THEN o.last_on IS NULL OR o.last_on >= o.since + interval '12 months' END,
    coalesce(
        b.started_on < %(boundary)s AND o.account_id IS NULL AND l.last_on IS NOT NULL, false
    ),
    coalesce(m.months_paid, 0), coalesce(m.months_lost, 0),
    coalesce(m.paid_12m_ago, false), coalesce(m.paid_24m_ago, false)
FROM accounts_account a
LEFT JOIN life l ON l.account_id = a.id
LEFT JOIN farewell f ON f.account_id = a.id
LEFT JOIN kpis_onboarding b ON b.account_id = a.id
LEFT JOIN onboarded o ON o.account_id = a.id
LEFT JOIN month_paid m ON m.account_id = a.id
WHERE a.workspace_id = %(workspace_id)s
  AND (%(everybody)s OR a.id = ANY (%(account_ids)s::bigint[]))
  AND (l.account_id IS NOT NULL OR b.started_on < %(boundary)s);
ANALYZE kpis_life;
