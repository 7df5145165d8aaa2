-- role: analytics
-- Accounts by their band on two days, of those that were scored on both.
SELECT earlier.band AS old_band, later.band AS new_band,
       count(*) AS accounts, sum(later.mrr) * 12 AS arr
FROM health_scoreday AS later
JOIN health_scoreday AS earlier
  ON earlier.workspace_id = %(workspace_id)s AND earlier.day = %(before)s
 AND earlier.series = 0 AND earlier.account_id = later.account_id
WHERE later.workspace_id = %(workspace_id)s AND later.day = %(day)s AND later.series = 0
GROUP BY earlier.band, later.band
