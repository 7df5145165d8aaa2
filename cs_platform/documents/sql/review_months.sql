-- Events, distinct users and distinct event names of one account per month; a month without any
-- usage is left out.
WITH
-- everything that was done
done AS (
    SELECT date_trunc('month', used.day::timestamp)::date AS month, sum(used.events) AS events
    FROM usage_accountday AS used
    WHERE used.workspace_id = %(workspace_id)s AND used.account_id = %(account_id)s
      AND used.day BETWEEN %(first)s AND %(last)s
    GROUP BY 1
),
-- by how many people
people AS (
    SELECT date_trunc('month', used.day::timestamp)::date AS month,
           count(DISTINCT used.user_id) AS users
    FROM usage_userday AS used
    WHERE used.workspace_id = %(workspace_id)s AND used.account_id = %(account_id)s
      AND used.day BETWEEN %(first)s AND %(last)s
    GROUP BY 1
),
-- with how many features
named AS (
    SELECT date_trunc('month', used.day::timestamp)::date AS month,
           count(DISTINCT used.name) AS features
    FROM usage_accountdayevent AS used
    WHERE used.workspace_id = %(workspace_id)s AND used.account_id = %(account_id)s
      AND used.day BETWEEN %(first)s AND %(last)s
    GROUP BY 1
)
SELECT done.month, done.events::bigint AS events, coalesce(people.users, 0) AS users,
       coalesce(named.features, 0) AS features
FROM done
LEFT JOIN people USING (month)
LEFT JOIN named USING (month)
ORDER BY done.month
