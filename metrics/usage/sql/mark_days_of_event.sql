-- The days on which an event occurred, to be rolled up again.
INSERT INTO usage_dirtyday (workspace_id, account_id, day)
SELECT DISTINCT %(workspace_id)s, account_id, day
FROM usage_accountdayevent
WHERE workspace_id = %(workspace_id)s AND name = %(name)s
