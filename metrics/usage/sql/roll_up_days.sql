-- Whole account-days computed again from their events; what was stored of them is replaced.
WITH
-- the days, with their bounds in the workspace's time zone
dirty AS MATERIALIZED (
    SELECT account_id, day,
           day::timestamp AT TIME ZONE %(timezone)s AS starts_at,
           (day + 1)::timestamp AT TIME ZONE %(timezone)s AS ends_at
    FROM unnest(%(account_ids)s::bigint[], %(days)s::date[]) AS wanted (account_id, day)
),
-- the names that count as log-ins
login_names AS (
    SELECT name FROM usage_eventname WHERE workspace_id = %(workspace_id)s AND is_login
),
-- their events, each with the local day on which it became known for this account
counted AS MATERIALIZED (
    SELECT dirty.account_id, dirty.day,
           greatest(
               (coalesce(event.attributed_at, event.known_at) AT TIME ZONE %(timezone)s)::date,
               dirty.day
           ) AS known_on,
           event.user_id, event.name, event.happened_at,
           event.name = ANY (ARRAY(SELECT name FROM login_names)) AS is_login
    FROM dirty
    JOIN usage_event AS event
        ON event.workspace_id = %(workspace_id)s AND event.account_id = dirty.account_id
        AND event.happened_at >= dirty.starts_at AND event.happened_at < dirty.ends_at
        AND event.happened_at >= %(starts_at)s AND event.happened_at < %(ends_at)s
    WHERE event.kind IN ('track', 'page', 'screen')
),
-- events by name
names AS (
    SELECT account_id, day, name, known_on, count(*)::int AS events, max(happened_at) AS last_at
    FROM counted
    GROUP BY account_id, day, name, known_on
),
-- people: anonymous ids are none
people AS (
    SELECT account_id, day, user_id, min(known_on) AS known_on, count(*)::int AS events,
           (count(*) FILTER (WHERE is_login))::int AS logins
    FROM counted
    WHERE user_id <> '' AND user_id NOT LIKE '~%%'
    GROUP BY account_id, day, user_id
),
-- the account's day, by the day it became known
days AS (
    SELECT account_id, day, known_on, count(*)::int AS events,
           (count(*) FILTER (WHERE is_login))::int AS logins, max(happened_at) AS last_event_at
    FROM counted
    GROUP BY account_id, day, known_on
),
-- users whose first event of the day became known on that day
newcomers AS (
    SELECT account_id, day, known_on, count(*)::int AS users
    FROM people
    GROUP BY account_id, day, known_on
),
-- what an earlier roll-up said of these days and no longer holds. The statistics may be older than
-- the workspace: so the rows are looked up day by day whatever the planner believes, and where there
-- are none, which is nearly always, nothing is searched for them
stale_names AS MATERIALIZED (
    SELECT old.address
    FROM dirty
    CROSS JOIN LATERAL (
        SELECT ctid AS address, name, known_on
        FROM usage_accountdayevent
        WHERE workspace_id = %(workspace_id)s AND account_id = dirty.account_id AND day = dirty.day
        OFFSET 0
    ) AS old
    LEFT JOIN names
        ON names.account_id = dirty.account_id AND names.day = dirty.day
        AND names.name = old.name AND names.known_on = old.known_on
    WHERE names.account_id IS NULL
),
-- and is taken away
forgotten_names AS (
    DELETE FROM usage_accountdayevent
    WHERE workspace_id = %(workspace_id)s
      AND (SELECT count(*) > 0 FROM stale_names)
      AND ctid = ANY (ARRAY(SELECT address FROM stale_names))
),
-- likewise, of users
stale_people AS MATERIALIZED (
    SELECT old.address
    FROM dirty
    CROSS JOIN LATERAL (
        SELECT ctid AS address, user_id
        FROM usage_userday
        WHERE workspace_id = %(workspace_id)s AND account_id = dirty.account_id AND day = dirty.day
        OFFSET 0
    ) AS old
    LEFT JOIN people
        ON people.account_id = dirty.account_id AND people.day = dirty.day
        AND people.user_id = old.user_id
    WHERE people.account_id IS NULL
),
-- likewise
forgotten_people AS (
    DELETE FROM usage_userday
    WHERE workspace_id = %(workspace_id)s
      AND (SELECT count(*) > 0 FROM stale_people)
      AND ctid = ANY (ARRAY(SELECT address FROM stale_people))
),
-- likewise, of accounts
stale_days AS MATERIALIZED (
    SELECT old.address
    FROM dirty
    CROSS JOIN LATERAL (
        SELECT ctid AS address, known_on
        FROM usage_accountday
        WHERE workspace_id = %(workspace_id)s AND account_id = dirty.account_id AND day = dirty.day
        OFFSET 0
    ) AS old
    LEFT JOIN days
        ON days.account_id = dirty.account_id AND days.day = dirty.day
        AND days.known_on = old.known_on
    WHERE days.account_id IS NULL
),
-- likewise
forgotten_days AS (
    DELETE FROM usage_accountday
    WHERE workspace_id = %(workspace_id)s
      AND (SELECT count(*) > 0 FROM stale_days)
      AND ctid = ANY (ARRAY(SELECT address FROM stale_days))
),
-- the days as they are now, by event name; in the order of the key, so that the rows of an account,
-- and its neighbours', meet on one page of the index
stored_names AS (
    INSERT INTO usage_accountdayevent AS old (workspace_id, account_id, day, name, known_on, events)
    SELECT %(workspace_id)s, account_id, day, name, known_on, events FROM names
    ORDER BY account_id, day, name
    ON CONFLICT (workspace_id, account_id, day, name, known_on) DO UPDATE
        SET events = excluded.events
        WHERE old.events <> excluded.events
),
-- by user
stored_people AS (
    INSERT INTO usage_userday AS old (
        workspace_id, account_id, day, user_id, known_on, events, logins
    )
    SELECT %(workspace_id)s, account_id, day, user_id, known_on, events, logins FROM people
    ORDER BY account_id, day, user_id
    ON CONFLICT (workspace_id, account_id, day, user_id) DO UPDATE
        SET known_on = excluded.known_on, events = excluded.events, logins = excluded.logins
        WHERE (old.known_on, old.events, old.logins)
              IS DISTINCT FROM (excluded.known_on, excluded.events, excluded.logins)
),
-- by account
stored_days AS (
    INSERT INTO usage_accountday AS old (
        workspace_id, account_id, day, known_on, events, logins, users, last_event_at
    )
    SELECT %(workspace_id)s, days.account_id, days.day, days.known_on, days.events, days.logins,
           coalesce(newcomers.users, 0), days.last_event_at
    FROM days LEFT JOIN newcomers USING (account_id, day, known_on)
    ORDER BY account_id, day
    ON CONFLICT (workspace_id, account_id, day, known_on) DO UPDATE
        SET events = excluded.events, logins = excluded.logins, users = excluded.users,
            last_event_at = excluded.last_event_at
        WHERE (old.events, old.logins, old.users, old.last_event_at)
              IS DISTINCT FROM
              (excluded.events, excluded.logins, excluded.users, excluded.last_event_at)
),
-- each user and each name with the last of these days
used AS (
    SELECT account_id, true AS is_user, user_id AS key, max(day) AS last_day
    FROM people
    GROUP BY account_id, user_id
    UNION ALL
    SELECT account_id, false, name, max(day)
    FROM names
    GROUP BY account_id, name
),
-- which is written where it is the last of all
stored_use AS (
    INSERT INTO usage_lastuse AS old (workspace_id, account_id, is_user, key, last_day)
    SELECT %(workspace_id)s, account_id, is_user, key, last_day FROM used
    ORDER BY account_id, is_user, key
    ON CONFLICT (workspace_id, account_id, is_user, key) DO UPDATE
        SET last_day = excluded.last_day
        WHERE old.last_day < excluded.last_day
),
-- the catalogue's last sight of each name
latest AS (
    SELECT name, max(last_at) AS last_at FROM names GROUP BY name
),
-- moved on
seen AS (
    UPDATE usage_eventname AS entry
    SET last_seen_at = latest.last_at
    FROM latest
    WHERE entry.workspace_id = %(workspace_id)s AND entry.name = latest.name
      AND entry.last_seen_at < latest.last_at
)
SELECT EXISTS (SELECT FROM stale_names) OR EXISTS (SELECT FROM stale_people) AS has_forgotten
