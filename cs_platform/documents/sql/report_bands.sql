-- Accounts by band on each of some days, off the sums that scoring keeps.
SELECT figures.day, figures.band, sum(figures.accounts)::bigint AS accounts,
       sum(figures.mrr_at_risk) AS mrr_at_risk, sum(figures.expected_loss) AS expected_loss,
       sum(figures.at_risk)::bigint AS at_risk
FROM health_dayfigures AS figures
WHERE figures.workspace_id = %(workspace_id)s AND figures.series = 0 AND figures.kind = 'score'
  AND figures.day = ANY(%(days)s)
GROUP BY figures.day, figures.band
