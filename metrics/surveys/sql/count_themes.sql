-- role: analytics
-- Comments per theme and month, by what their authors scored, for some themes and the months that
-- begin on `months`. What is counted replaces what was stored.
WITH
-- the months asked for, as moments of the workspace
months AS (
    SELECT DISTINCT
        m.month,
        m.month::timestamp AT TIME ZONE %(zone)s AS starts_at,
        (m.month + interval '1 month')::timestamp AT TIME ZONE %(zone)s AS ends_at
    FROM unnest(%(months)s::date[]) AS m (month)
),
-- comments of those months with the themes they carry
tagged AS (
    SELECT t.theme_id, m.month, c.kind, c.scale, c.score, r.account_id
    FROM months m
    JOIN surveys_countedanswer c
      ON c.workspace_id = %(workspace_id)s AND c.search_text <> ''
     AND c.happened_at >= m.starts_at AND c.happened_at < m.ends_at
    JOIN surveys_responsetheme t
      ON t.workspace_id = %(workspace_id)s AND t.response_id = c.response_id
     AND NOT t.is_removed AND t.theme_id = ANY (%(theme_ids)s::bigint[])
    JOIN surveys_response r ON r.workspace_id = %(workspace_id)s AND r.id = c.response_id
),
-- good and bad grades of every scale, as metrics.surveys.scales has them
grades AS (
    SELECT g.kind, g.scale, g.score, g.is_good
    FROM unnest(
        %(grade_kinds)s::text[], %(grade_scales)s::integer[],
        %(grade_scores)s::integer[], %(grade_good)s::boolean[]
    ) AS g (kind, scale, score, is_good)
),
-- by theme and month
counted AS (
    SELECT
        t.theme_id,
        t.month,
        count(*) AS comments,
        count(*) FILTER (WHERE g.is_good) AS good,
        count(*) FILTER (WHERE NOT g.is_good) AS bad,
        count(*) FILTER (WHERE g.is_good IS NULL) AS middle,
        count(DISTINCT t.account_id) AS accounts
    FROM tagged t
    LEFT JOIN grades g ON g.kind = t.kind AND g.scale = t.scale AND g.score = t.score
    GROUP BY t.theme_id, t.month
),
-- months that have lost their last comment
emptied AS (
    DELETE FROM surveys_themefigure f
    USING months m
    WHERE f.workspace_id = %(workspace_id)s
      AND f.month = m.month
      AND f.theme_id = ANY (%(theme_ids)s::bigint[])
      AND NOT EXISTS (
          SELECT FROM counted c WHERE c.theme_id = f.theme_id AND c.month = f.month
      )
)
INSERT INTO surveys_themefigure AS kept (
    workspace_id, theme_id, month, comments, good, middle, bad, accounts
)
SELECT %(workspace_id)s, theme_id, month, comments, good, middle, bad, accounts
FROM counted
ON CONFLICT (workspace_id, theme_id, month) DO UPDATE SET
    comments = excluded.comments, good = excluded.good, middle = excluded.middle,
    bad = excluded.bad, accounts = excluded.accounts
