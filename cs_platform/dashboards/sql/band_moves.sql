-- role: analytics
-- Accounts whose band is another than `days` days before, by the scores in their row of the lists;
-- the dearest first. `owner_id` cuts to one member's accounts.
WITH
-- The band then, by the borders in force now: spark ends with the row's own day.
compared AS (
    SELECT current.account_id, current.name, current.band, current.score, current.coverage,
           current.arr, current.owner_id, current.score - earlier.score AS change,
           CASE
               WHEN earlier.score >= version.green_from THEN 'green'
               WHEN earlier.score >= version.yellow_from THEN 'yellow'
               ELSE 'red'
           END AS old_band
    FROM health_accountcurrent AS current
    JOIN health_scorecardversion AS version
      ON version.workspace_id = current.workspace_id AND version.id = current.version_id
    CROSS JOIN LATERAL (SELECT current.spark[31 - %(days)s] AS score) AS earlier
    WHERE current.workspace_id = %(workspace_id)s
      AND (%(owner_id)s::bigint IS NULL OR current.owner_id = %(owner_id)s)
      AND current.day = %(today)s AND current.score IS NOT NULL AND earlier.score IS NOT NULL
      AND current.score <> earlier.score
),
moved AS (
    SELECT compared.*,
           array_position(ARRAY['red', 'yellow', 'green'], compared.band::text)
               > array_position(ARRAY['red', 'yellow', 'green'], compared.old_band) AS is_better
    FROM compared
    WHERE compared.band <> compared.old_band
)
SELECT moved.*, count(*) OVER (PARTITION BY moved.is_better) AS total
FROM moved
WHERE moved.is_better = %(better)s OR %(better)s IS NULL
ORDER BY moved.arr DESC, moved.account_id
LIMIT %(limit)s
