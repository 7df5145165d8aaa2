-- role: analytics
-- Accounts whose folded name, reading or id contains every word, the best matches first.
-- `likes` are escaped LIKE patterns of the folded words, `longest` the one the trigram index is
-- asked for, `start` the pattern of a text that begins with the whole query.
WITH
-- Whether the longest word is met among the first accounts: the trigram index would list most of
-- everybody's before the first is looked at.
sampled AS MATERIALIZED (
    SELECT count(*) FILTER (WHERE first.search_text LIKE %(longest)s) > 0 AS is_common
    FROM (
        SELECT account.search_text
        FROM accounts_account AS account
        WHERE account.workspace_id = %(workspace_id)s
        ORDER BY account.id
        LIMIT 200
    ) AS first
),
-- The first matches, of a rare word off the index, of a common one among the accounts as they
-- come: enough to rank, bounded however common the word is.
found AS MATERIALIZED (
    (
        SELECT account.id, account.name, account.name_reading, account.external_id,
               account.search_text
        FROM accounts_account AS account
        WHERE NOT (SELECT is_common FROM sampled)
          AND account.workspace_id = %(workspace_id)s
          AND account.search_text LIKE %(longest)s
          AND account.search_text LIKE ALL (%(likes)s::text[])
        LIMIT %(considered)s
    )
    UNION ALL
    (
        -- the CASE is taken for even odds, so that the accounts are read only up to the limit
        SELECT account.id, account.name, account.name_reading, account.external_id,
               account.search_text
        FROM accounts_account AS account
        WHERE (SELECT is_common FROM sampled)
          AND account.workspace_id = %(workspace_id)s
          AND CASE WHEN account.search_text LIKE ALL (%(likes)s::text[]) THEN true END
        ORDER BY account.id
        LIMIT %(considered)s
    )
),
-- Names that begin with the query come first, then the closest in length.
ranked AS (
    SELECT found.*,
           row_number() OVER (
               ORDER BY found.search_text NOT LIKE %(start)s, length(found.search_text), found.id
           ) AS place
    FROM found
    ORDER BY place
    LIMIT %(limit)s
)
SELECT ranked.id, ranked.name, ranked.name_reading, ranked.external_id,
       current.band, current.score, current.coverage, current.arr, current.stage,
       current.renewal_on
FROM ranked
LEFT JOIN health_accountcurrent AS current
       ON current.workspace_id = %(workspace_id)s AND current.account_id = ranked.id
ORDER BY ranked.place
