-- role: analytics
-- Where the accounts stand that brought in recurring revenue when a quarter began: what they
-- brought in then and what the ledger already says of the quarter's end, per year and at the rates
-- of the quarter's first day. Accounts with open renewals one by one, the others added up.
WITH rate AS MATERIALIZED (
    -- what one unit of each currency was worth when the quarter began
    SELECT w.currency, 1::numeric AS rate
    FROM accounts_workspace w
    WHERE w.id = %(workspace_id)s
    UNION ALL
    (
        SELECT DISTINCT ON (x.currency) x.currency, x.rate
        FROM accounts_exchangerate x
        JOIN accounts_workspace w ON w.id = %(workspace_id)s AND w.currency <> x.currency
        WHERE x.workspace_id = %(workspace_id)s AND x.valid_from <= %(starts_on)s
        ORDER BY x.currency, x.valid_from DESC
    )
),
-- what contracts brought in on the last day before, if they ran on into the quarter
opening AS MATERIALIZED (
    SELECT before.account_id, sum(round(before.contracted_mrr * rate.rate * 12, 4)) AS start
    FROM subscription_states(%(workspace_id)s, %(starts_on)s::date - 1, %(now)s) before
    -- one look-up per contract: two whole sets would be compared row by row without statistics
    CROSS JOIN LATERAL (
        SELECT
        FROM subscription_states(%(workspace_id)s, %(starts_on)s::date, %(now)s) state
        WHERE state.subscription_id = before.subscription_id AND state.status <> 'ended'
        OFFSET 0
    ) first
    JOIN rate ON rate.currency = before.currency
    WHERE before.status <> 'ended'
    GROUP BY before.account_id
    HAVING sum(before.contracted_mrr) > 0
),
-- what the ledger says of each of their contracts at the end of the quarter
latest AS MATERIALIZED (
    SELECT DISTINCT ON (e.subscription_id)
        e.subscription_id, e.account_id, e.kind, e.mrr, e.currency
    FROM accounts_contractevent e
    JOIN opening o ON o.account_id = e.account_id
    WHERE e.workspace_id = %(workspace_id)s
      AND e.kind NOT IN ('void', 'one_off')
      AND e.effective_on < %(ends_on)s
      AND e.known_at <= %(now)s
      AND NOT EXISTS (
          SELECT FROM accounts_contractevent void
          WHERE void.workspace_id = %(workspace_id)s
            AND void.voids_id IS NOT NULL AND void.voids_id = e.id
            AND void.known_at <= %(now)s
      )
    ORDER BY e.subscription_id, e.effective_on DESC, e.id DESC
),
-- in money; a contract that ran out brings in nothing
valued AS MATERIALIZED (
    SELECT
        l.subscription_id,
        l.account_id,
        CASE
            WHEN l.kind = 'churn' OR s.status IN ('ended', 'voided') THEN 0
            ELSE round(l.mrr * rate.rate * 12, 4)
        END AS amount
    FROM latest l
    JOIN accounts_subscription s
        ON s.workspace_id = %(workspace_id)s AND s.id = l.subscription_id
    JOIN rate ON rate.currency = l.currency
),
-- per account
known AS (
    SELECT v.account_id, sum(v.amount) AS amount
    FROM valued v
    GROUP BY v.account_id
),
-- renewals that are still open in the quarter, with what is forecast of them; those overdue since
-- before it belong to it once it has begun
pending AS MATERIALIZED (
    SELECT
        r.account_id,
        jsonb_agg(
            jsonb_build_array(
                v.amount, r.model_probability, r.csm_category, r.csm_amount, r.final_category,
                r.final_amount
            )
            ORDER BY r.id
        ) AS parts
    FROM renewals_renewal r
    JOIN valued v ON v.subscription_id = r.subscription_id
    WHERE r.workspace_id = %(workspace_id)s
      AND r.is_open
      AND r.term_ends_on < %(ends_on)s
      AND (r.term_ends_on >= %(starts_on)s OR %(starts_on)s <= %(today)s)
      AND v.amount > 0
    GROUP BY r.account_id
),
-- start and present of every account, whose it is and what of it is open
standing AS (
    SELECT
        a.id AS account_id,
        a.owner_id,
        a.segment,
        o.start,
        coalesce(k.amount, 0) AS known,
        p.parts
    FROM opening o
    JOIN accounts_account a ON a.workspace_id = %(workspace_id)s AND a.id = o.account_id
    LEFT JOIN known k ON k.account_id = o.account_id
    LEFT JOIN pending p ON p.account_id = o.account_id
)
SELECT
    owner_id,
    segment,
    count(*) AS accounts,
    sum(start) AS start,
    sum(least(start, known)) AS kept,
    sum(known) AS known,
    sum(greatest(known - start, 0)) AS expansion,
    NULL::text AS parts
FROM standing
WHERE parts IS NULL
GROUP BY owner_id, segment
UNION ALL
SELECT
    owner_id,
    segment,
    1,
    start,
    least(start, known),
    known,
    greatest(known - start, 0),
    parts::text
FROM standing
WHERE parts IS NOT NULL
