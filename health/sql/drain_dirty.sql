-- Takes the marks of the workspace away and says whose they were. Marks made meanwhile by others
-- are not visible yet and stay for the next time.
WITH
-- every mark visible now
taken AS (
    DELETE FROM accounts_dirtyaccount
    WHERE workspace_id = %(workspace_id)s
    RETURNING account_id
)
SELECT DISTINCT account_id FROM taken ORDER BY account_id
