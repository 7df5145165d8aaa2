-- role: analytics
-- The scored accounts of one or two days, counted and summed: by score, band and month of renewal
-- (within a year), by owner and segment, and, where there are two days, by the band on the
-- earlier and on the later one. `section` says by what; money is per year.
WITH
-- Each score and band of each day, by the month in which contracts of these accounts end.
scores AS (
    SELECT scored.day, scored.score, scored.band,
           CASE
               WHEN scored.renewal_on BETWEEN scored.day AND scored.day + 365
               THEN scored.renewal_on - extract(day FROM scored.renewal_on)::integer + 1
           END AS month,
           count(*) AS accounts,
           count(*) FILTER (WHERE scored.band IN ('yellow', 'red') OR scored.is_flagged) AS at_risk,
           sum(scored.mrr::float8) * 12 AS arr,
           sum(scored.mrr::float8)
               FILTER (WHERE scored.band IN ('yellow', 'red') OR scored.is_flagged)
               * 12 AS arr_at_risk,
           sum(scored.expected_loss::float8)
               FILTER (WHERE scored.band IN ('yellow', 'red') OR scored.is_flagged)
               AS expected_loss,
           sum(scored.coverage) AS coverage
    FROM health_scoreday AS scored
    WHERE scored.workspace_id = %(workspace_id)s
      AND scored.day IN (%(day)s, %(before)s) AND scored.series = 0
    GROUP BY scored.day, scored.score, scored.band, month
),
-- Each owner's accounts by segment, on the later day alone.
groups AS (
    SELECT scored.owner_id, scored.segment,
           count(*) AS accounts,
           count(*) FILTER (WHERE scored.band IN ('yellow', 'red') OR scored.is_flagged) AS at_risk,
           sum(scored.mrr::float8) * 12 AS arr,
           sum(scored.mrr::float8)
               FILTER (WHERE scored.band IN ('yellow', 'red') OR scored.is_flagged)
               * 12 AS arr_at_risk,
           sum(scored.expected_loss::float8)
               FILTER (WHERE scored.band IN ('yellow', 'red') OR scored.is_flagged)
               AS expected_loss
    FROM health_scoreday AS scored
    WHERE scored.workspace_id = %(workspace_id)s AND scored.day = %(day)s AND scored.series = 0
    GROUP BY scored.owner_id, scored.segment
),
-- Accounts scored on both days, by the band they had and the band they have.
moves AS (
    SELECT earlier.band AS old_band, later.band, count(*) AS accounts,
           sum(later.mrr::float8) * 12 AS arr
    FROM health_scoreday AS later
    JOIN health_scoreday AS earlier
      ON earlier.workspace_id = %(workspace_id)s AND earlier.day = %(before)s
     AND earlier.series = 0 AND earlier.account_id = later.account_id
    WHERE later.workspace_id = %(workspace_id)s AND later.day = %(day)s AND later.series = 0
    GROUP BY earlier.band, later.band
)
SELECT 'score' AS section, day, NULL AS old_band, score, band, NULL::bigint AS owner_id,
       NULL AS segment, month, accounts, at_risk, arr, coalesce(arr_at_risk, 0) AS arr_at_risk,
       coalesce(expected_loss, 0) AS expected_loss, coverage
FROM scores
UNION ALL
SELECT 'group', %(day)s, NULL, NULL, NULL, owner_id, segment, NULL, accounts, at_risk, arr,
       coalesce(arr_at_risk, 0), coalesce(expected_loss, 0), NULL
FROM groups
UNION ALL
SELECT 'move', %(day)s, old_band, NULL, band, NULL, NULL, NULL, accounts, NULL, arr, NULL, NULL,
       NULL
FROM moves
