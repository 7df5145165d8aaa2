-- role: analytics
-- Accounts whose band is another than it was, for each number of `days` before; at most `limit`
-- that got better and as many that got worse, the dearest first. `owner_id` cuts to one member's.
WITH
-- The band then, by the borders in force now: spark ends with the row's own day.
compared AS (
    SELECT ago.days, current.account_id, current.name, current.band, current.score,
           current.coverage, current.arr, current.score - current.spark[31 - ago.days] AS change,
           CASE
               WHEN current.spark[31 - ago.days] >= version.green_from THEN 'green'
               WHEN current.spark[31 - ago.days] >= version.yellow_from THEN 'yellow'
               ELSE 'red'
           END AS old_band
    FROM health_accountcurrent AS current
    JOIN health_scorecardversion AS version
      ON version.workspace_id = current.workspace_id AND version.id = current.version_id
    CROSS JOIN unnest(%(days)s::integer[]) AS ago (days)
    WHERE current.workspace_id = %(workspace_id)s
      AND (%(owner_id)s::bigint IS NULL OR current.owner_id = %(owner_id)s)
      AND current.day = %(today)s AND current.band <> ''
      AND current.score <> current.spark[31 - ago.days]
),
-- Which way, and its place among those that went the same way.
moved AS (
    SELECT directed.*,
           row_number() OVER (
               PARTITION BY directed.days, directed.is_better
               ORDER BY directed.arr DESC, directed.account_id
           ) AS place
    FROM (
        SELECT compared.*, compared.change > 0 AS is_better
        FROM compared
        WHERE compared.band <> compared.old_band
    ) AS directed
)
SELECT moved.*
FROM moved
WHERE moved.place <= %(limit)s
ORDER BY moved.days, moved.is_better, moved.place
