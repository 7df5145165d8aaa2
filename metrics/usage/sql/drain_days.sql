-- The account-days that have new events, taken off the queue; days, so that months stay together.
WITH drained AS (
    DELETE FROM usage_dirtyday WHERE workspace_id = %(workspace_id)s
    RETURNING account_ids, days
)
SELECT DISTINCT day, account_id
FROM drained CROSS JOIN unnest(account_ids, days) AS mark (account_id, day)
ORDER BY day, account_id
