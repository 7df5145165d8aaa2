-- Event names of one account with how often they occurred in a period and in the one before it,
-- the most used first.
SELECT used.name,
       coalesce(sum(used.events) FILTER (WHERE used.day >= %(first)s), 0)::bigint AS events,
       coalesce(sum(used.events) FILTER (WHERE used.day < %(first)s), 0)::bigint AS before
FROM usage_accountdayevent AS used
WHERE used.workspace_id = %(workspace_id)s AND used.account_id = %(account_id)s
  AND used.day BETWEEN %(before)s AND %(last)s
GROUP BY used.name
ORDER BY 2 DESC, 3 DESC, used.name
