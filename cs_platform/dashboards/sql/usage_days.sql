-- Events, log-ins and users of one account per day, days without any left out.
SELECT used.day, sum(used.events) AS events, sum(used.logins) AS logins, sum(used.users) AS users
FROM usage_accountday AS used
WHERE used.workspace_id = %(workspace_id)s AND used.account_id = %(account_id)s
  AND used.day BETWEEN %(first)s AND %(last)s
GROUP BY used.day
ORDER BY used.day
