-- role: analytics
-- The open ones of a stretch of renewals follow the owner, segment and health of their account; rows
-- that differ only.
UPDATE renewals_renewal r
SET owner_id = a.owner_id,
    segment = a.segment,
    band = coalesce(health.band, ''),
    score = health.score::smallint,
    churn_probability = health.churn_probability
FROM accounts_account a
LEFT JOIN health_accountcurrent health
    ON health.workspace_id = %(workspace_id)s AND health.account_id = a.id
WHERE r.workspace_id = %(workspace_id)s
  AND r.id BETWEEN %(first)s AND %(last)s
  AND r.is_open
  AND a.workspace_id = %(workspace_id)s
  AND a.id = r.account_id
  AND (r.owner_id, r.segment, r.band, r.score, r.churn_probability) IS DISTINCT FROM
      (a.owner_id, a.segment, coalesce(health.band, ''), health.score::smallint,
       health.churn_probability)
