-- Accounts whose lifecycle stage their contracts have overtaken, with the stage that follows, since
-- when, and when that became known. A stage that somebody stated for a later day stays.
WITH
-- what each contract of the accounts is today
contract AS (
    SELECT id, account_id, status,
           starts_on::timestamp AT TIME ZONE %(timezone)s AS starts_at,
           (ended_on + 1)::timestamp AT TIME ZONE %(timezone)s AS ended_at,
           -- a term that ran out is an end when its days of grace are over
           CASE WHEN notice_given_on IS NULL AND NOT EXISTS (
               SELECT FROM accounts_contractevent AS churn
               WHERE churn.workspace_id = %(workspace_id)s
                 AND churn.subscription_id = accounts_subscription.id AND churn.kind = 'churn'
           ) THEN %(grace_days)s ELSE 0 END AS grace_days
    FROM accounts_subscription
    WHERE workspace_id = %(workspace_id)s AND account_id = ANY (%(account_ids)s::bigint[])
      AND status <> 'voided'
),
-- what their ledgers say of them: whether they were ever paid for, and since when this is known
entry AS (
    SELECT e.account_id, max(e.known_at) AS known_at,
           (array_agg(e.is_historical ORDER BY e.known_at DESC, e.id DESC))[1] AS is_historical,
           bool_or(e.mrr > 0 AND NOT EXISTS (
               SELECT FROM accounts_contractevent AS void
               WHERE void.workspace_id = %(workspace_id)s
                 AND void.voids_id IS NOT NULL AND void.voids_id = e.id
           )) AS was_paying
    FROM accounts_contractevent AS e
    JOIN contract ON contract.id = e.subscription_id
    WHERE e.workspace_id = %(workspace_id)s AND e.kind <> 'one_off'
    GROUP BY e.account_id
),
-- what was last said of their stage
stated AS (
    SELECT DISTINCT ON (account_id)
           account_id, old_value, happened_at, is_derived,
           -- what every account begins with is no statement
           old_value = '' AND new_value = %(first_stage)s AS is_first
    FROM accounts_attributechange
    WHERE workspace_id = %(workspace_id)s AND account_id = ANY (%(account_ids)s::bigint[])
      AND attribute = 'stage'
    ORDER BY account_id, happened_at DESC, id DESC
),
-- the end of the last contract, of those with none running or to come
ending AS (
    SELECT account_id, max(ended_at) AS ended_at,
           max(ended_at + make_interval(days => grace_days)) AS known_at
    FROM contract
    GROUP BY account_id
    HAVING bool_and(status = 'ended')
),
-- who has left by that
gone AS (
    SELECT ending.account_id, account.stage AS before, 'churned' AS stage,
           greatest(ending.ended_at, stated.happened_at) AS happened_at, ending.known_at
    FROM ending
    JOIN entry ON entry.account_id = ending.account_id AND entry.was_paying
    JOIN accounts_account AS account
        ON account.workspace_id = %(workspace_id)s AND account.id = ending.account_id
        AND account.stage <> 'churned'
    LEFT JOIN stated ON stated.account_id = ending.account_id
    WHERE stated.account_id IS NULL
       OR stated.is_derived OR stated.is_first OR stated.happened_at < ending.ended_at
),
-- who has signed again since, or had not left: the entry that said so was void
back AS (
    SELECT stated.account_id, 'churned' AS before,
           CASE WHEN stated.old_value IN ('', 'churned', 'prospect') THEN %(first_stage)s
                ELSE stated.old_value END AS stage,
           coalesce(
               min(contract.starts_at) FILTER (WHERE contract.starts_at >= stated.happened_at),
               stated.happened_at
           ) AS happened_at,
           NULL::timestamptz AS known_at
    FROM stated
    JOIN accounts_account AS account
        ON account.workspace_id = %(workspace_id)s AND account.id = stated.account_id
        AND account.stage = 'churned'
    JOIN contract ON contract.account_id = stated.account_id
        AND contract.status IN ('active', 'paused', 'overdue')
        AND (stated.is_derived OR contract.starts_at >= stated.happened_at)
    GROUP BY stated.account_id, stated.old_value, stated.happened_at
)
SELECT moved.account_id, moved.before, moved.stage, moved.happened_at, entry.is_historical,
       -- a change is known when its contract's entries are, and not before it happens
       least(greatest(moved.happened_at, moved.known_at, entry.known_at), %(now)s) AS known_at
FROM (SELECT * FROM gone UNION ALL SELECT * FROM back) AS moved
JOIN entry ON entry.account_id = moved.account_id
