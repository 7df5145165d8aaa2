-- Events of one account by name and week (from Monday), with the days on which it was used.
SELECT used.name, date_trunc('week', used.day::timestamp)::date AS week,
       sum(used.events) AS events, count(DISTINCT used.day) AS days
FROM usage_accountdayevent AS used
WHERE used.workspace_id = %(workspace_id)s AND used.account_id = %(account_id)s
  AND used.day BETWEEN %(first)s AND %(last)s
GROUP BY used.name, week
ORDER BY used.name, week
