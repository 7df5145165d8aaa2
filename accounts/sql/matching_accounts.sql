-- role: analytics
-- Ids of the accounts whose folded text contains every word, at most `limit` of them.
-- Binds as `accounts.queries.matching.patterns` makes them.
-- Behind row-level security the planner has no statistics of texts and takes every word for rare;
-- whether the longest one is decides between the trigram index and reading the workspace.
WITH
-- a word met among the first accounts: the trigram index would list most of everybody's
sampled AS MATERIALIZED (
    SELECT count(*) FILTER (WHERE first.search_text LIKE %(longest)s) > 0 AS is_common
    FROM (
        SELECT account.search_text
        FROM accounts_account AS account
        WHERE account.workspace_id = %(workspace_id)s
        ORDER BY account.name
        LIMIT 200
    ) AS first
)
(
    SELECT account.id
    FROM accounts_account AS account
    WHERE NOT (SELECT is_common FROM sampled)
      AND account.workspace_id = %(workspace_id)s
      AND account.search_text LIKE %(longest)s
      AND account.search_text LIKE ALL (%(likes)s::text[])
    LIMIT %(limit)s
)
UNION ALL
(
    -- the CASE is taken for even odds, so that the index of names is read only up to the limit
    SELECT account.id
    FROM accounts_account AS account
    WHERE (SELECT is_common FROM sampled)
      AND account.workspace_id = %(workspace_id)s
      AND CASE WHEN account.search_text LIKE ALL (%(likes)s::text[]) THEN true END
    ORDER BY account.name
    LIMIT %(limit)s
)
