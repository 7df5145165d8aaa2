-- role: analytics
-- What some answers add to the sums of their themes: comments by theme and month, by what their
-- authors scored.
WITH
-- good and bad grades of every scale, as metrics.surveys.scales has them
grades AS (
    SELECT g.kind, g.scale, g.score, g.is_good
    FROM unnest(
        %(grade_kinds)s::text[], %(grade_scales)s::integer[],
        %(grade_scores)s::integer[], %(grade_good)s::boolean[]
    ) AS g (kind, scale, score, is_good)
)
SELECT
    t.theme_id,
    date_trunc('month', c.day)::date AS month,
    count(*) AS comments,
    count(*) FILTER (WHERE g.is_good) AS good,
    count(*) FILTER (WHERE g.is_good IS NULL) AS middle,
    count(*) FILTER (WHERE NOT g.is_good) AS bad
FROM surveys_countedanswer c
JOIN surveys_responsetheme t
  ON t.workspace_id = %(workspace_id)s AND t.response_id = c.response_id AND NOT t.is_removed
LEFT JOIN grades g ON g.kind = c.kind AND g.scale = c.scale AND g.score = c.score
WHERE c.workspace_id = %(workspace_id)s
  AND c.response_id = ANY (%(response_ids)s::bigint[])
  AND c.search_text <> ''
GROUP BY t.theme_id, date_trunc('month', c.day)
