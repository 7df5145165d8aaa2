-- Every event's count over 28 days at weekly dates: account-days summed by the week, then four
-- weeks by the date.
WITH
weekly AS MATERIALIZED (
    SELECT account_id, name, (day - %(first)s::date + 28) / 7 AS week, sum(events) AS events
    FROM usage_accountdayevent
    WHERE workspace_id = %(workspace_id)s
      AND day >= %(first)s::date - 28 AND day < %(first)s::date + 7 * (%(weeks)s - 1)
    GROUP BY account_id, name, week
),
windows AS (
    SELECT account_id, name, week - back AS number, sum(events) AS events
    FROM weekly
    CROSS JOIN generate_series(0, 3) AS back
    WHERE week - back BETWEEN 0 AND %(weeks)s - 1
    GROUP BY account_id, name, number
)
SELECT a.external_id::integer, %(first)s::date + 7 * w.number, w.name, w.events::bigint
FROM windows w
JOIN accounts_account a ON a.workspace_id = %(workspace_id)s AND a.id = w.account_id
