-- role: analytics
-- Comments on some themes by month, by what their authors scored, counted from the beginning. What
-- is counted replaces what was stored.
WITH
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
        date_trunc('month', c.day)::date AS month,
        count(*) AS comments,
        count(*) FILTER (WHERE g.is_good) AS good,
        count(*) FILTER (WHERE g.is_good IS NULL) AS middle,
        count(*) FILTER (WHERE NOT g.is_good) AS bad
    FROM surveys_responsetheme t
    JOIN surveys_countedanswer c
      ON c.workspace_id = %(workspace_id)s AND c.response_id = t.response_id
     AND c.search_text <> ''
    LEFT JOIN grades g ON g.kind = c.kind AND g.scale = c.scale AND g.score = c.score
    WHERE t.workspace_id = %(workspace_id)s AND NOT t.is_removed
      AND t.theme_id = ANY (%(theme_ids)s::bigint[])
    GROUP BY t.theme_id, date_trunc('month', c.day)
),
-- months that have lost their last comment
emptied AS (
    DELETE FROM surveys_themefigure f
    WHERE f.workspace_id = %(workspace_id)s
      AND f.theme_id = ANY (%(theme_ids)s::bigint[])
      AND NOT EXISTS (
          SELECT FROM counted c WHERE c.theme_id = f.theme_id AND c.month = f.month
      )
)
INSERT INTO surveys_themefigure AS kept (
    workspace_id, theme_id, month, comments, good, middle, bad
)
SELECT %(workspace_id)s, theme_id, month, comments, good, middle, bad
FROM counted
ON CONFLICT (workspace_id, theme_id, month) DO UPDATE SET
    comments = excluded.comments, good = excluded.good, middle = excluded.middle,
    bad = excluded.bad
