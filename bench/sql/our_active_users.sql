-- Distinct users over 28 days at weekly dates: user-days by the week, then four weeks by the date.
WITH
weekly AS MATERIALIZED (
    SELECT account_id, user_id, (day - %(first)s::date + 28) / 7 AS week
    FROM usage_userday
    WHERE workspace_id = %(workspace_id)s
      AND day >= %(first)s::date - 28 AND day < %(first)s::date + 7 * (%(weeks)s - 1)
    GROUP BY account_id, user_id, week
),
windows AS (
    SELECT account_id, user_id, week - back AS number
    FROM weekly
    CROSS JOIN generate_series(0, 3) AS back
    WHERE week - back BETWEEN 0 AND %(weeks)s - 1
    GROUP BY account_id, user_id, number
),
counted AS (
    SELECT account_id, number, count(*) AS users FROM windows GROUP BY account_id, number
)
SELECT a.external_id::integer, %(first)s::date + 7 * c.number, c.users
FROM counted c
JOIN accounts_account a ON a.workspace_id = %(workspace_id)s AND a.id = c.account_id
