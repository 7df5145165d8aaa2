-- prepared
-- The accounts these users have belonged to, and since when.
SELECT user_id, happened_at, account_id FROM usage_userlink
WHERE workspace_id = %(workspace_id)s::bigint AND user_id = ANY (%(users)s::text[])
ORDER BY happened_at
