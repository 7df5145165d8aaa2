-- role: analytics
-- Accounts whose band is another than it was a day and seven days before, by the borders in force
-- now; at most `limit` that got better and as many that got worse, the dearest first. `owner_id`
-- cuts to one member's. Who moved is found by the table's key alone.
WITH
-- Who moved, which way, and its place among those that went the same way.
moved AS (
    SELECT ago.days, ago.band AS old_band, ago.is_better, current.account_id,
           row_number() OVER (
               PARTITION BY ago.days, ago.is_better
               ORDER BY current.mrr DESC NULLS LAST, current.account_id
           ) AS place
    FROM health_accountcurrent AS current
    CROSS JOIN LATERAL (
        SELECT before.days, before.band,
               before.band = 'red' OR current.band = 'green' AS is_better
        FROM (VALUES (1, current.band_1d), (7, current.band_7d)) AS before (days, band)
        WHERE before.band NOT IN ('', current.band)
    ) AS ago
    WHERE current.workspace_id = %(workspace_id)s
      AND (%(owner_id)s::bigint IS NULL OR current.owner_id = %(owner_id)s)
      AND current.day = %(today)s AND current.band <> ''
      AND (
          current.band_1d NOT IN ('', current.band) OR current.band_7d NOT IN ('', current.band)
      )
)
SELECT moved.days, moved.old_band, moved.is_better, moved.account_id, shown.name, shown.band,
       shown.score, shown.coverage, shown.arr, shown.score - shown.spark[31 - moved.days] AS change
FROM moved
-- one by one: nobody knows beforehand how few they are
CROSS JOIN LATERAL (
    SELECT *
    FROM health_accountcurrent AS current
    WHERE current.workspace_id = %(workspace_id)s AND current.account_id = moved.account_id
    OFFSET 0
) AS shown
WHERE moved.place <= %(limit)s
ORDER BY moved.days, moved.is_better, moved.place
