-- role: analytics
-- Ids of the accounts whose folded text contains every word, at most `limit` of them.
-- Binds as `accounts.queries.matching.patterns` makes them.
SELECT account.id
FROM accounts_account AS account
WHERE account.workspace_id = %(workspace_id)s
  AND account.search_text LIKE %(longest)s
  AND account.search_text LIKE ALL (%(likes)s::text[])
LIMIT %(limit)s
