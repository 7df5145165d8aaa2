-- The grades of months over all surveys of a kind, each person's latest of the month, as they were
-- known at a moment: from the sums as they stand, answers that came to be known later leave and
-- those they took the place of come back. A grade that was changed since is told as it is now.
WITH
-- the latest grades of those months that were not known yet
late AS (
    SELECT c.person, c.kind, c.scale, date_trunc('month', c.day)::date AS month, c.score
    FROM surveys_response r
    JOIN surveys_countedanswer c
      ON c.workspace_id = %(workspace_id)s AND c.response_id = r.id
    WHERE r.workspace_id = %(workspace_id)s
      AND r.known_at > r.happened_at AND r.known_at >= %(known_until)s
      AND c.day >= %(since)s AND c.day < %(until)s AND c.in_kind & 1 = 1
),
-- the latest that the same people had given in the month, of what was known
earlier AS (
    SELECT DISTINCT ON (l.person, l.kind, l.scale, l.month) l.kind, l.scale, l.month, c.score
    FROM late l
    JOIN surveys_countedanswer c
      ON c.workspace_id = %(workspace_id)s AND c.person = l.person AND c.kind = l.kind
     AND c.scale = l.scale AND c.score IS NOT NULL AND c.in_kind & 1 = 0
     AND c.day >= l.month AND c.day < l.month + interval '1 month'
    JOIN surveys_response r
      ON r.workspace_id = %(workspace_id)s AND r.id = c.response_id
     AND r.known_at < %(known_until)s
    ORDER BY l.person, l.kind, l.scale, l.month, c.happened_at DESC, c.response_id DESC
)
SELECT kind, scale, month, score, sum(n)::integer AS n
FROM (
    SELECT kind, scale, starts_on AS month, score, n
    FROM surveys_resultfigure
    WHERE workspace_id = %(workspace_id)s AND scope = 0 AND dimension = '' AND span = 'month'
      AND starts_on >= %(since)s AND starts_on < %(until)s
    UNION ALL
    SELECT kind, scale, month, score, -1 FROM late
    UNION ALL
    SELECT kind, scale, month, score, 1 FROM earlier
) AS counted
GROUP BY kind, scale, month, score
HAVING sum(n) > 0
