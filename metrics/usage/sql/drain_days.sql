-- The account-days that have new events, taken off the queue; days, so that months stay together.
WITH drained AS (
    DELETE FROM usage_dirtyday WHERE workspace_id = %(workspace_id)s
    RETURNING account_id, day
)
SELECT account_id, day FROM drained GROUP BY account_id, day ORDER BY day, account_id
