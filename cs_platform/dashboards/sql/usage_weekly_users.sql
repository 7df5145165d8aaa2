-- Distinct users of one account per week (from Monday), weeks without any left out.
SELECT date_trunc('week', used.day::timestamp)::date AS week,
       count(DISTINCT used.user_id) AS users
FROM usage_userday AS used
WHERE used.workspace_id = %(workspace_id)s AND used.account_id = %(account_id)s
  AND used.day BETWEEN %(first)s AND %(last)s
GROUP BY week
ORDER BY week
