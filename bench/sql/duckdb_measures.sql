-- What health/sql/measure.sql computes of the present, in DuckDB's words: same windows, same
-- arithmetic, same rounding. $day is the workspace's day; nothing here lies in the future.
CREATE OR REPLACE TEMP TABLE measured AS
WITH
usage AS (
    SELECT
        account_id,
        sum(events) FILTER (WHERE day < $day AND day >= $day - 28) AS recent_events,
        sum(events) FILTER (WHERE day < $day - 28) AS baseline_events,
        min(day) FILTER (WHERE day < $day - 28) AS baseline_from,
        count(DISTINCT day) FILTER (WHERE day > $day - 28) AS active_days,
        sum(logins) FILTER (WHERE day > $day - 28) AS logins,
        sum(logins) AS known_logins,
        max(day) AS last_day
    FROM accountday
    WHERE day <= $day AND day >= $day - 112 AND known_on <= $day AND events > 0
    GROUP BY account_id
),
earlier AS (
    SELECT account_id, max(day) AS last_day
    FROM accountday
    WHERE day <= $day AND known_on <= $day AND events > 0
    GROUP BY account_id
),
users AS (
    SELECT account_id, count(DISTINCT user_id) AS active_users
    FROM userday
    WHERE day <= $day AND day > $day - 28 AND known_on <= $day AND events > 0
    GROUP BY account_id
),
features AS (
    SELECT account_id, count(DISTINCT name) AS features
    FROM accountdayevent
    WHERE day <= $day AND day > $day - 28 AND known_on <= $day AND events > 0
    GROUP BY account_id
),
contacts AS (
    SELECT account_id, CAST(timezone('Asia/Tokyo', max(happened_at)) AS date) AS last_contact_on
    FROM interaction
    WHERE kind <> 'note'
    GROUP BY account_id
),
-- the latest entry of each contract, on the day and 180 days before
entries AS (
    SELECT
        account_id, subscription_id, moment.on_day,
        arg_max(e, (effective_on, id)) AS entry
    FROM contractevent AS e
    JOIN (SELECT unnest([$day, $day - 180]) AS on_day) AS moment ON effective_on <= moment.on_day
    WHERE kind NOT IN ('void', 'one_off')
    GROUP BY account_id, subscription_id, moment.on_day
),
-- its term rolled on to the day
rolled AS (
    SELECT
        account_id, on_day, entry.mrr AS mrr, entry.kind AS kind,
        entry.notice_given_on AS notice_given_on, entry.billing_months AS billing_months,
        entry.term_ends_on AS term_ends_on, entry.term_months AS months,
        entry.auto_renew AS auto_renew, entry.term_ends_on + 1 AS next_on,
        least(on_day, entry.notice_given_on) AS until
    FROM entries
),
terms AS (
    SELECT
        *,
        CASE WHEN auto_renew AND until > term_ends_on THEN
            CAST(floor(
                ((year(until) - year(next_on)) * 12 + month(until) - month(next_on)) / months
            ) AS integer)
        END AS whole
    FROM rolled
),
states AS (
    SELECT
        *,
        CASE
            WHEN whole IS NULL THEN term_ends_on
            ELSE CAST(
                next_on + to_months(CAST(months * (
                    whole + CASE WHEN next_on + to_months(CAST(months * whole AS integer)) <= until
                        THEN 1 ELSE 0 END
                ) AS integer)) AS date
            ) - 1
        END AS ends_on
    FROM terms
),
contracts AS (
    SELECT * FROM states
    WHERE kind <> 'churn'
      AND NOT (on_day > ends_on AND (notice_given_on IS NOT NULL OR on_day > ends_on + 30))
),
revenue AS (
    SELECT account_id, sum(mrr) AS mrr, min(ends_on) AS renewal_on,
           min(notice_given_on) AS notice_given_on, min(billing_months) AS billing_months
    FROM contracts WHERE on_day = $day
    GROUP BY account_id
),
revenue_before AS (
    SELECT account_id, sum(mrr) AS mrr FROM contracts WHERE on_day = $day - 180
    GROUP BY account_id
)
SELECT
    a.id AS account_id,
    a.stage AS stage,
    coalesce(r.mrr, 0) AS mrr,
    r.renewal_on AS renewal_on,
    r.notice_given_on AS notice_given_on,
    r.billing_months AS billing_months,
    CASE WHEN $day - 28 - u.baseline_from >= 28 THEN
        floor(
            100.0::double * (coalesce(u.recent_events, 0)::double / 28)
            / (u.baseline_events::double / ($day - 28 - u.baseline_from)) * 10000 + 0.5
        ) / 10000
    END AS usage_trend,
    CASE WHEN coalesce(u.last_day, l.last_day) IS NOT NULL AND a.seats > 0 THEN
        floor(100.0::double * coalesce(w.active_users, 0) / a.seats * 10000 + 0.5) / 10000
    END AS active_users,
    CASE WHEN coalesce(u.last_day, l.last_day) IS NOT NULL
        THEN coalesce(u.active_days, 0) END::double AS active_days,
    CASE WHEN coalesce(u.last_day, l.last_day) IS NOT NULL
        THEN coalesce(f.features, 0) END::double AS feature_breadth,
    CASE WHEN u.known_logins > 0 THEN coalesce(u.logins, 0) END::double AS login_count,
    CASE WHEN u.known_logins > 0 THEN
        CASE WHEN coalesce(w.active_users, 0) = 0 THEN 0::double ELSE
            floor(coalesce(u.logins, 0)::double / w.active_users / (28 / 7.0::double) * 10000 + 0.5)
            / 10000
        END
    END AS login_frequency,
    ($day - coalesce(u.last_day, l.last_day))::double AS last_seen,
    ($day - c.last_contact_on)::double AS last_contact,
    CASE WHEN a.onboarding_started_on <= $day AND a.onboarding_due_on IS NOT NULL THEN
        greatest($day - a.onboarding_due_on, 0)
    END::double AS onboarding_lateness,
    CASE WHEN b.mrr > 0 THEN
        floor(100.0::double * r.mrr::double / b.mrr::double * 10000 + 0.5) / 10000
    END AS contract_trend,
    (r.renewal_on - $day)::double AS renewal_distance,
    -- nobody has been asked in the worlds of these benchmarks
    NULL::double AS nps,
    NULL::double AS csat,
    NULL::double AS ces
FROM account a
LEFT JOIN usage u ON u.account_id = a.id
LEFT JOIN earlier l ON l.account_id = a.id
LEFT JOIN users w ON w.account_id = a.id
LEFT JOIN features f ON f.account_id = a.id
LEFT JOIN contacts c ON c.account_id = a.id
LEFT JOIN revenue r ON r.account_id = a.id
LEFT JOIN revenue_before b ON b.account_id = a.id
