-- role: analytics
-- Accounts whose band is another than it was `near` and `far` days before; at most `limit` that
-- got better and as many that got worse, the dearest first. `owner_id` cuts to one member's.
WITH
-- Scores that are not what they were, by one look at each account: spark ends with the row's day.
changed AS MATERIALIZED (
    SELECT current.account_id, current.name, current.band, current.score, current.coverage,
           current.arr, current.spark, current.version_id
    FROM health_accountcurrent AS current
    WHERE current.workspace_id = %(workspace_id)s
      AND (%(owner_id)s::bigint IS NULL OR current.owner_id = %(owner_id)s)
      AND current.day = %(today)s AND current.band <> ''
      AND (
          current.score <> current.spark[31 - %(near)s]
          OR current.score <> current.spark[31 - %(far)s]
      )
),
-- The band then, by the borders in force now.
compared AS (
    SELECT ago.days, changed.account_id, changed.name, changed.band, changed.score,
           changed.coverage, changed.arr, changed.score - changed.spark[31 - ago.days] AS change,
           CASE
               WHEN changed.spark[31 - ago.days] >= version.green_from THEN 'green'
               WHEN changed.spark[31 - ago.days] >= version.yellow_from THEN 'yellow'
               ELSE 'red'
           END AS old_band
    FROM changed
    JOIN health_scorecardversion AS version
      ON version.workspace_id = %(workspace_id)s AND version.id = changed.version_id
    CROSS JOIN (VALUES (%(near)s), (%(far)s)) AS ago (days)
    WHERE changed.score <> changed.spark[31 - ago.days]
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
