-- role: analytics
-- Accounts by the band they were in on one day and are in on a later one; revenue per month as of
-- the later day. Accounts scored on one of the days alone have no band on the other.
WITH
-- the earlier day
earlier AS (
    SELECT scored.account_id, scored.band
    FROM health_scoreday AS scored
    WHERE scored.workspace_id = %(workspace_id)s AND scored.day = %(before)s AND scored.series = 0
),
-- the later day
later AS (
    SELECT scored.account_id, scored.band, scored.mrr
    FROM health_scoreday AS scored
    WHERE scored.workspace_id = %(workspace_id)s AND scored.day = %(day)s AND scored.series = 0
)
SELECT earlier.band AS old_band, later.band AS new_band, count(*) AS accounts,
       coalesce(sum(later.mrr), 0) AS mrr
FROM earlier
JOIN later USING (account_id)
GROUP BY earlier.band, later.band
