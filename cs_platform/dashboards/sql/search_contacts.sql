-- role: analytics
-- Contacts whose folded name, reading or address contains every word, or one of whose phone
-- numbers is among `phones`, the best matches first. The other binds are search_accounts' own.
WITH
-- The first matches the indexes find, people who have left the firm included.
found AS MATERIALIZED (
    SELECT contact.id, contact.account_id, contact.name, contact.name_reading, contact.email,
           contact.title, contact.department, contact.left_on, contact.search_text
    FROM accounts_contact AS contact
    WHERE contact.workspace_id = %(workspace_id)s
      AND (
          (
              contact.search_text LIKE %(longest)s
              AND contact.search_text LIKE ALL (%(likes)s::text[])
          )
          OR contact.phone_digits && %(phones)s::varchar[]
      )
    LIMIT %(considered)s
),
-- People still there first, then names that begin with the query, then the closest in length.
ranked AS (
    SELECT found.*,
           row_number() OVER (
               ORDER BY found.left_on IS NOT NULL, found.search_text NOT LIKE %(start)s,
                        length(found.search_text), found.id
           ) AS place
    FROM found
    ORDER BY place
    LIMIT %(limit)s
)
SELECT ranked.id, ranked.name, ranked.name_reading, ranked.email, ranked.title,
       ranked.department, ranked.left_on, account.id AS account_id, account.name AS account_name
FROM ranked
JOIN accounts_account AS account
  ON account.workspace_id = %(workspace_id)s AND account.id = ranked.account_id
ORDER BY ranked.place
