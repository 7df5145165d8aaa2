-- role: analytics
-- The scored accounts of one or two days, counted and summed in one pass per day: by score and
-- band, by owner, by segment, and by month of renewal and band; and, where there are two days, by
-- the band on the earlier and on the later one. `section` says by what; money is per year.
WITH
-- What each account was on each day, as was said at the time.
standing AS MATERIALIZED (
    SELECT scored.account_id, scored.day, scored.score, scored.band, scored.owner_id,
           scored.segment, scored.coverage, scored.mrr * 12 AS arr,
           scored.band IN ('yellow', 'red') OR scored.is_flagged AS is_at_risk,
           coalesce(scored.expected_loss, 0) AS expected_loss,
           CASE
               WHEN scored.renewal_on >= scored.day
                    AND scored.renewal_on
                        < date_trunc('month', scored.day::timestamp) + interval '12 months'
               THEN date_trunc('month', scored.renewal_on::timestamp)::date
           END AS renewal_month
    FROM health_scoreday AS scored
    WHERE scored.workspace_id = %(workspace_id)s
      AND scored.day IN (%(day)s, %(before)s) AND scored.series = 0
),
-- Each group of each day.
grouped AS (
    SELECT CASE
               WHEN GROUPING(score) = 0 THEN 'score'
               WHEN GROUPING(owner_id) = 0 THEN 'owner'
               WHEN GROUPING(segment) = 0 THEN 'segment'
               ELSE 'renewal'
           END AS section,
           day, NULL::text AS old_band, score, band, owner_id, segment, renewal_month AS month,
           count(*) AS accounts,
           count(*) FILTER (WHERE is_at_risk) AS at_risk,
           sum(arr) AS arr,
           coalesce(sum(arr) FILTER (WHERE is_at_risk), 0) AS arr_at_risk,
           coalesce(sum(expected_loss) FILTER (WHERE is_at_risk), 0) AS expected_loss,
           sum(coverage) AS coverage
    FROM standing
    GROUP BY GROUPING SETS (
        (day, score, band), (day, owner_id), (day, segment), (day, renewal_month, band)
    )
),
-- Accounts scored on both days, by the band they had and the band they have.
moved AS (
    SELECT 'move' AS section, later.day, earlier.band AS old_band, NULL::smallint AS score,
           later.band, NULL::bigint AS owner_id, NULL AS segment, NULL::date AS month,
           count(*) AS accounts, NULL::bigint AS at_risk, sum(later.arr) AS arr,
           NULL::numeric AS arr_at_risk, NULL::numeric AS expected_loss,
           NULL::float8 AS coverage
    FROM standing AS later
    JOIN standing AS earlier
      ON earlier.account_id = later.account_id AND earlier.day = %(before)s
    WHERE later.day = %(day)s
    GROUP BY later.day, earlier.band, later.band
)
SELECT * FROM grouped
UNION ALL
SELECT * FROM moved
