-- role: analytics
-- Accounts whose folded name, reading or id contains every word, the best matches first.
-- `likes` are escaped LIKE patterns of the folded words, `longest` the one the trigram index is
-- asked for, `start` the pattern of a text that begins with the whole query.
WITH
-- The first matches the index finds: enough to rank, bounded however common the word is.
found AS MATERIALIZED (
    SELECT account.id, account.name, account.name_reading, account.external_id,
           account.search_text
    FROM accounts_account AS account
    WHERE account.workspace_id = %(workspace_id)s
      AND account.search_text LIKE %(longest)s
      AND account.search_text LIKE ALL (%(likes)s::text[])
    LIMIT %(considered)s
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
