-- Takes the marks of the workspace away and says whose they were, and whether all of an account's
-- were of its use. Marks made meanwhile by others are not visible yet and stay for the next time.
WITH
-- every mark visible now
taken AS (
    DELETE FROM accounts_dirtyaccount
    WHERE workspace_id = %(workspace_id)s
    RETURNING account_id, is_of_use
)
SELECT account_id, bool_and(is_of_use) AS is_of_use
FROM taken
GROUP BY account_id
ORDER BY account_id
