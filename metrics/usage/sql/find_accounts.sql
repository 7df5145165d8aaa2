-- prepared
-- The accounts with these external ids, looked up by most requests that bring a few events.
SELECT external_id, id FROM accounts_account
WHERE workspace_id = %(workspace_id)s::bigint AND external_id = ANY (%(refs)s::text[])
