-- role: analytics
-- The scored accounts of one day, counted and summed in one pass: by score and band, by owner, by
-- segment, and by month of renewal and band. `section` says by what; money is per year.
WITH
-- What each account was on the day, as was said at the time.
standing AS (
    SELECT scored.score, scored.band, scored.owner_id, scored.segment, scored.coverage,
           scored.mrr * 12 AS arr,
           scored.band IN ('yellow', 'red') OR scored.is_flagged AS is_at_risk,
           coalesce(scored.expected_loss, 0) AS expected_loss,
           CASE
               WHEN scored.renewal_on >= %(day)s
                    AND scored.renewal_on < %(renewals_until)s
               THEN date_trunc('month', scored.renewal_on::timestamp)::date
           END AS renewal_month
    FROM health_scoreday AS scored
    WHERE scored.workspace_id = %(workspace_id)s AND scored.day = %(day)s AND scored.series = 0
)
SELECT CASE
           WHEN GROUPING(score) = 0 THEN 'score'
           WHEN GROUPING(owner_id) = 0 THEN 'owner'
           WHEN GROUPING(segment) = 0 THEN 'segment'
           ELSE 'renewal'
       END AS section,
       score, band, owner_id, segment, renewal_month AS month,
       count(*) AS accounts,
       count(*) FILTER (WHERE is_at_risk) AS at_risk,
       sum(arr) AS arr,
       coalesce(sum(arr) FILTER (WHERE is_at_risk), 0) AS arr_at_risk,
       coalesce(sum(expected_loss) FILTER (WHERE is_at_risk), 0) AS expected_loss,
       sum(coverage) AS coverage
FROM standing
GROUP BY GROUPING SETS ((score, band), (owner_id), (segment), (renewal_month, band))
