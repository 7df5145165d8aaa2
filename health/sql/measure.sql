-- role: analytics, prepared
-- What every account measured as of a moment, as it was known at a moment: the raw values of
-- health.measures in order of their position, and the facts and attributes beside them, into the
-- transaction's health_measured. A pure function of as_of, known_until and the options. What cannot
-- have changed since it was measured earlier this day is not worked out again. Days are the
-- workspace's.
INSERT INTO health_measured
WITH
-- the accounts asked for; as a query and not as constants, each of which the planner would weigh
wanted AS (
    SELECT unnest(%(account_ids)s::bigint[]) AS account_id
),
-- what this version said earlier this day of those whose use alone has changed since
kept AS MATERIALIZED (
    SELECT used.account_id, k.mrr, k.renewal_on, k.notice_deadline_on, k.notice_given_on,
        k.billing_months, k.last_contact_on, y.raw
    FROM unnest(%(used_ids)s::bigint[]) AS used (account_id)
    -- looked up one by one, whatever the statistics say
    CROSS JOIN LATERAL (
        SELECT *
        FROM health_accountcurrent
        WHERE workspace_id = %(workspace_id)s AND account_id = used.account_id
          AND day = %(day)s::date AND version_id = %(version)s::bigint AND NOT %(is_replay)s
        OFFSET 0
    ) k
    CROSS JOIN LATERAL (
        SELECT raw
        FROM health_scoreday
        WHERE workspace_id = %(workspace_id)s AND account_id = used.account_id
          AND day = %(day)s AND series = 0 AND version_id = %(version)s
        OFFSET 0
    ) y
),
-- the others, whose contracts, contacts and answers are looked up
fresh AS (
    SELECT account_id FROM wanted EXCEPT SELECT account_id FROM kept
),
-- the latest value of each dated attribute that was in force and known, else the value before the
-- first later change; only a look into the past needs it, the account row holds the present
past AS (
    SELECT
        account_id,
        attribute,
        coalesce(
            (array_agg(new_value ORDER BY happened_at DESC, id DESC)
                FILTER (
                    WHERE happened_at <= %(as_of)s::timestamptz
                      AND known_at <= %(known_until)s::timestamptz
                ))[1],
            (array_agg(old_value ORDER BY happened_at, id)
                FILTER (WHERE happened_at > %(as_of)s OR known_at > %(known_until)s))[1]
        ) AS value
    FROM accounts_attributechange
    WHERE workspace_id = %(workspace_id)s::bigint
      AND %(is_replay)s
      AND (%(everybody)s OR account_id = ANY (ARRAY(SELECT account_id FROM wanted)))
    GROUP BY account_id, attribute
),
-- those values, one row per account; NULL where nothing was ever recorded
past_row AS (
    SELECT
        account_id,
        max(value) FILTER (WHERE attribute = 'stage') AS stage,
        max(value) FILTER (WHERE attribute = 'segment') AS segment,
        max(value) FILTER (WHERE attribute = 'owner') AS owner,
        max(value) FILTER (WHERE attribute = 'seats') AS seats,
        max(value) FILTER (WHERE attribute = 'onboarding_started_on') AS started,
        max(value) FILTER (WHERE attribute = 'onboarding_due_on') AS due,
        max(value) FILTER (WHERE attribute = 'onboarding_completed_on') AS completed
    FROM past
    GROUP BY account_id
),
-- every account with its attributes as of the moment
population AS (
    SELECT
        a.id AS account_id,
        a.created_at <= %(as_of)s AS is_created,
        coalesce(p.stage, a.stage) AS stage,
        coalesce(p.segment, a.segment) AS segment,
        CASE WHEN p.owner IS NULL THEN a.owner_id ELSE nullif(p.owner, '')::bigint END AS owner_id,
        CASE WHEN p.seats IS NULL THEN a.seats ELSE nullif(p.seats, '')::integer END AS seats,
        CASE WHEN p.started IS NULL THEN a.onboarding_started_on
            ELSE nullif(p.started, '')::date END AS started_on,
        CASE WHEN p.due IS NULL THEN a.onboarding_due_on
            ELSE nullif(p.due, '')::date END AS due_on,
        CASE WHEN p.completed IS NULL THEN a.onboarding_completed_on
            ELSE nullif(p.completed, '')::date END AS completed_on
    FROM (
        SELECT *
        FROM accounts_account
        WHERE workspace_id = %(workspace_id)s
          AND (%(everybody)s OR id = ANY (ARRAY(SELECT account_id FROM wanted)))
        OFFSET 0
    ) a
    FULL JOIN past_row p ON p.account_id = a.id
),
-- one pass over the account-days of the longest window, which all have events (as have the users'
-- and the names' below), and out of the key alone; the trend leaves the unfinished day out,
-- the other windows include it. Days are counted by bits, because a day has a row per known_on.
usage AS (
    SELECT
        account_id,
        sum(events) FILTER (
            WHERE day < %(day)s::date AND day >= %(day)s - %(usage_trend_days)s::integer
        ) AS recent_events,
        sum(events) FILTER (WHERE day < %(day)s - %(usage_trend_days)s) AS baseline_events,
        min(day) FILTER (WHERE day < %(day)s - %(usage_trend_days)s) AS baseline_from,
        bit_count(bit_or(1::bigint << (%(day)s - day)) FILTER (
            WHERE day > %(day)s - %(active_days_days)s::integer
        )::bit(64)) AS active_days,
        sum(logins) FILTER (WHERE day > %(day)s - %(login_count_days)s::integer) AS logins,
        sum(logins) FILTER (
            WHERE day > %(day)s - %(login_frequency_days)s::integer
        ) AS frequency_logins,
        sum(logins) AS known_logins,
        max(day) AS last_day
    FROM usage_accountday
    WHERE workspace_id = %(workspace_id)s
      AND day <= %(day)s
      AND day >= %(day)s - %(usage_trend_days)s - %(usage_trend_baseline_days)s::integer
      AND known_on <= %(known_on)s::date
      AND (%(everybody)s OR account_id = ANY (ARRAY(SELECT account_id FROM wanted)))
    GROUP BY account_id
),
-- the last day of each user and each event name of an account: the present has it stored, a look
-- into the past finds it in the roll-ups of the longest of the three windows
last_use AS (
    SELECT account_id, is_user, last_day
    FROM usage_lastuse
    WHERE workspace_id = %(workspace_id)s
      AND NOT %(is_replay)s
      AND (%(everybody)s OR account_id = ANY (ARRAY(SELECT account_id FROM wanted)))
    UNION ALL
    SELECT account_id, true, max(day)
    FROM usage_userday
    WHERE workspace_id = %(workspace_id)s
      AND %(is_replay)s
      AND day <= %(day)s
      AND day > %(day)s - greatest(
          %(active_users_days)s::integer, %(login_frequency_days)s::integer
      )
      AND known_on <= %(known_on)s
      AND (%(everybody)s OR account_id = ANY (ARRAY(SELECT account_id FROM wanted)))
    GROUP BY account_id, user_id
    UNION ALL
    SELECT account_id, false, max(day)
    FROM usage_accountdayevent
    WHERE workspace_id = %(workspace_id)s
      AND %(is_replay)s
      AND day <= %(day)s
      AND day > %(day)s - %(feature_breadth_days)s::integer
      AND known_on <= %(known_on)s
      AND (%(everybody)s OR account_id = ANY (ARRAY(SELECT account_id FROM wanted)))
    GROUP BY account_id, name
),
-- how many there are of each
breadth AS (
    SELECT
        account_id,
        count(*) FILTER (
            WHERE is_user AND last_day > %(day)s - %(active_users_days)s
        ) AS active_users,
        count(*) FILTER (
            WHERE is_user AND last_day > %(day)s - %(login_frequency_days)s
        ) AS frequency_users,
        count(*) FILTER (
            WHERE NOT is_user AND last_day > %(day)s - %(feature_breadth_days)s
        ) AS features
    FROM last_use
    GROUP BY account_id
),
-- the last exchange with the customer
contacts AS (
    SELECT i.account_id, (max(i.happened_at) AT TIME ZONE %(zone)s::text)::date AS last_contact_on
    FROM accounts_interaction i
    WHERE i.workspace_id = %(workspace_id)s
      AND i.kind <> 'note'
      AND i.happened_at <= %(as_of)s
      AND i.known_at <= %(known_until)s
      AND (%(everybody)s OR i.account_id = ANY (ARRAY(SELECT account_id FROM fresh)))
    GROUP BY i.account_id
),
-- what is under contract; revenue is unknown as soon as one contract has no rate of exchange
revenue AS MATERIALIZED (
    SELECT
        account_id,
        CASE WHEN bool_and(mrr IS NOT NULL) THEN sum(mrr) END AS mrr,
        min(term_ends_on) AS renewal_on,
        min(notice_deadline_on) FILTER (WHERE notice_deadline_on >= %(day)s) AS notice_deadline_on,
        min(notice_given_on) AS notice_given_on,
        min(billing_months) AS billing_months
    FROM recurring_revenue(%(workspace_id)s, %(day)s, %(known_until)s)
    WHERE %(everybody)s OR account_id = ANY (ARRAY(SELECT account_id FROM fresh))
    GROUP BY account_id
),
-- what was under contract before
revenue_before AS MATERIALIZED (
    SELECT account_id, CASE WHEN bool_and(mrr IS NOT NULL) THEN sum(mrr) END AS mrr
    FROM recurring_revenue(
        %(workspace_id)s, %(day)s - %(contract_trend_days)s::integer, %(known_until)s
    )
    WHERE %(everybody)s OR account_id = ANY (ARRAY(SELECT account_id FROM fresh))
    GROUP BY account_id
),
-- the latest grade of each person of an account, as it was known: a contact's, a browser's, or an
-- answer by itself; of an answer changed since, what it said then
grades AS (
    SELECT DISTINCT ON (r.account_id, r.kind, r.contact_id, r.respondent, r.person)
        r.account_id,
        r.kind,
        r.scale,
        r.day,
        coalesce(r.old_score, r.score) AS score
    FROM (
        SELECT
            response.*,
            (response.happened_at AT TIME ZONE %(zone)s)::date AS day,
            CASE WHEN response.contact_id IS NULL AND response.respondent = ''
                THEN response.id END AS person,
            CASE WHEN response.edited_at > %(known_until)s THEN (
                SELECT revision.score
                FROM surveys_responserevision revision
                WHERE revision.workspace_id = %(workspace_id)s
                  AND revision.response_id = response.id
                  AND revision.replaced_at > %(known_until)s
                ORDER BY revision.replaced_at, revision.id
                LIMIT 1
            ) END AS old_score
        FROM surveys_response response
        WHERE response.workspace_id = %(workspace_id)s
          AND response.kind IN ('nps', 'csat', 'ces')
          AND response.score IS NOT NULL
          AND NOT response.is_suspected_robot
          AND response.happened_at <= %(as_of)s
          AND response.happened_at > %(as_of)s
              - make_interval(days => 1 + greatest(%(nps_days)s::integer, %(csat_days)s::integer, %(ces_days)s::integer))
          AND response.known_at <= %(known_until)s
          AND response.account_id IS NOT NULL
          AND (
              %(everybody)s OR response.account_id = ANY (ARRAY(SELECT account_id FROM fresh))
          )
    ) AS r
    ORDER BY r.account_id, r.kind, r.contact_id, r.respondent, r.person, r.happened_at DESC,
        r.id DESC
),
-- what an account's people think; CES on the scale from 1 to 5
sentiment AS (
    SELECT
        account_id,
        100.0::float8 * avg((score >= 9)::integer - (score <= 6)::integer)
            FILTER (WHERE kind = 'nps' AND day > %(day)s - %(nps_days)s)::float8 AS nps,
        avg(score) FILTER (WHERE kind = 'csat' AND day > %(day)s - %(csat_days)s)::float8 AS csat,
        avg(CASE WHEN scale = 7 THEN 1 + 4.0 * (7 - score) / 6 ELSE score END)
            FILTER (WHERE kind = 'ces' AND day > %(day)s - %(ces_days)s)::float8 AS ces
    FROM grades
    GROUP BY account_id
),
-- everything side by side, joined in full and not from the population: steps have no statistics, and
-- a full join is the one that never compares every row with every other; the OFFSET keeps the
-- condition below from turning it into another. The last day before the windows is looked up only
-- where they are empty.
gathered AS (
    SELECT
        p.*,
        u.recent_events,
        u.baseline_events,
        %(day)s - %(usage_trend_days)s - u.baseline_from AS baseline_days,
        u.active_days,
        u.logins,
        u.frequency_logins,
        coalesce(u.known_logins, 0) > 0 AS logs_in,
        w.active_users,
        w.frequency_users,
        w.features,
        coalesce(u.last_day, (
            SELECT max(d.day)
            FROM usage_accountday d
            WHERE d.workspace_id = %(workspace_id)s
              AND d.account_id = p.account_id
              AND d.day < %(day)s
              AND d.known_on <= %(known_on)s
        )) AS last_seen_on,
        coalesce(c.last_contact_on, k.last_contact_on) AS last_contact_on,
        CASE
            WHEN k.account_id IS NOT NULL THEN k.mrr
            WHEN r.account_id IS NULL THEN 0
            ELSE r.mrr
        END AS mrr,
        coalesce(r.renewal_on, k.renewal_on) AS renewal_on,
        coalesce(r.notice_deadline_on, k.notice_deadline_on) AS notice_deadline_on,
        coalesce(r.notice_given_on, k.notice_given_on) AS notice_given_on,
        coalesce(r.billing_months, k.billing_months) AS billing_months,
        b.mrr AS mrr_before,
        s.nps,
        s.csat,
        s.ces,
        k.raw AS kept
    FROM population p
    FULL JOIN kept k ON k.account_id = p.account_id
    FULL JOIN usage u ON u.account_id = p.account_id
    FULL JOIN breadth w ON w.account_id = p.account_id
    FULL JOIN contacts c ON c.account_id = p.account_id
    FULL JOIN revenue r ON r.account_id = p.account_id
    FULL JOIN revenue_before b ON b.account_id = p.account_id
    FULL JOIN sentiment s ON s.account_id = p.account_id
    OFFSET 0
),
-- raw values by position, rounded to 4 decimals; NULL is "no data"
valued AS (
    SELECT
        g.*,
        ARRAY[
            -- usage_trend
            CASE WHEN g.baseline_days >= %(usage_trend_minimum_days)s::integer THEN
                floor(
                    100.0::float8 * (coalesce(g.recent_events, 0)::float8 / %(usage_trend_days)s)
                    / (g.baseline_events::float8 / g.baseline_days) * 10000 + 0.5
                ) / 10000
            END,
            -- active_users
            CASE WHEN g.last_seen_on IS NOT NULL AND g.seats > 0 THEN
                floor(
                    100.0::float8 * coalesce(g.active_users, 0) / g.seats * 10000 + 0.5
                ) / 10000
            END,
            -- active_days
            CASE WHEN g.last_seen_on IS NOT NULL THEN coalesce(g.active_days, 0) END::float8,
            -- feature_breadth
            CASE WHEN g.last_seen_on IS NOT NULL THEN coalesce(g.features, 0) END::float8,
            -- login_count
            CASE WHEN g.logs_in THEN coalesce(g.logins, 0) END::float8,
            -- login_frequency
            CASE WHEN g.logs_in THEN
                CASE WHEN coalesce(g.frequency_users, 0) = 0 THEN 0::float8 ELSE
                    floor(
                        coalesce(g.frequency_logins, 0)::float8 / g.frequency_users
                        / (%(login_frequency_days)s / 7.0::float8) * 10000 + 0.5
                    ) / 10000
                END
            END,
            -- last_seen
            (%(day)s - g.last_seen_on)::float8,
            -- last_contact
            (%(day)s - g.last_contact_on)::float8,
            -- onboarding_lateness
            CASE WHEN g.started_on <= %(day)s AND g.due_on IS NOT NULL THEN
                CASE
                    WHEN g.completed_on IS NULL OR g.completed_on > %(day)s
                        THEN greatest(%(day)s - g.due_on, 0)
                    WHEN g.completed_on > %(day)s - %(onboarding_lateness_days)s::integer
                        THEN greatest(g.completed_on - g.due_on, 0)
                END
            END::float8,
            -- contract_trend
            coalesce(g.kept[10], CASE WHEN g.mrr_before > 0 THEN
                floor(100.0::float8 * g.mrr::float8 / g.mrr_before::float8 * 10000 + 0.5) / 10000
            END),
            -- renewal_distance
            (g.renewal_on - %(day)s)::float8,
            -- nps
            coalesce(g.kept[12], floor(g.nps * 10000 + 0.5) / 10000),
            -- csat
            coalesce(g.kept[13], floor(g.csat * 10000 + 0.5) / 10000),
            -- ces
            coalesce(g.kept[14], floor(g.ces * 10000 + 0.5) / 10000)
        ]::float8[] AS raw
    FROM gathered g
)
SELECT
    account_id,
    stage,
    segment,
    owner_id,
    mrr,
    renewal_on,
    notice_deadline_on,
    notice_given_on,
    billing_months,
    last_seen_on,
    last_contact_on,
    -- an account exists from its creation, or from the first thing known of it
    is_created OR last_seen_on IS NOT NULL OR last_contact_on IS NOT NULL
        OR renewal_on IS NOT NULL OR mrr <> 0,
    ARRAY[(notice_given_on IS NOT NULL)::integer]::float8[],
    raw
FROM valued
-- facts whose account is no more are of nobody
WHERE account_id IS NOT NULL
