-- Each person's latest answer of one account in a period, by kind of survey and scale: how many,
-- their mean, and the same of the period before.
WITH
-- answers with a score, the latest of each person and period first
ranked AS (
    SELECT given.kind, given.scale, given.score, given.happened_at >= %(first)s AS is_now,
           row_number() OVER (
               PARTITION BY given.kind, given.scale, given.happened_at >= %(first)s,
                            given.contact_id,
                            CASE WHEN given.contact_id IS NULL THEN given.id END
               ORDER BY given.happened_at DESC, given.id DESC
           ) AS place
    FROM surveys_response AS given
    WHERE given.workspace_id = %(workspace_id)s AND given.account_id = %(account_id)s
      AND given.score IS NOT NULL AND NOT given.is_suspected_robot
      AND given.happened_at >= %(before)s AND given.happened_at < %(until)s
)
SELECT ranked.kind, ranked.scale,
       count(*) FILTER (WHERE ranked.is_now) AS n,
       avg(ranked.score) FILTER (WHERE ranked.is_now)::float8 AS mean,
       count(*) FILTER (WHERE NOT ranked.is_now) AS n_before,
       avg(ranked.score) FILTER (WHERE NOT ranked.is_now)::float8 AS mean_before
FROM ranked
WHERE ranked.place = 1
GROUP BY ranked.kind, ranked.scale
ORDER BY array_position(ARRAY['nps', 'csat', 'ces'], ranked.kind::text), ranked.scale
