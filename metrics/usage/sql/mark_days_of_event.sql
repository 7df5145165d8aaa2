-- The days on which an event occurred, to be rolled up again.
INSERT INTO usage_dirtyday (workspace_id, account_ids, days)
SELECT %(workspace_id)s, array_agg(account_id), array_agg(day)
FROM usage_accountdayevent
WHERE workspace_id = %(workspace_id)s AND name = %(name)s
HAVING count(*) > 0
