-- Brings subscriptions to what their ledger says today. Only rows that differ are written.
-- Each step is materialized: inlined into the update, a step would be worked out once per row where
-- the planner has no statistics yet, as in the middle of an import.
-- Without ids: every subscription of the workspace (as days pass, terms end and entries take effect).
WITH chosen AS MATERIALIZED (
    SELECT s.id
    FROM accounts_subscription s
    WHERE s.workspace_id = %(workspace_id)s
      AND (%(ids)s::bigint[] IS NULL OR s.id = ANY (%(ids)s::bigint[]))
),
-- entries that hold a state and were not voided
entry AS MATERIALIZED (
    SELECT e.*
    FROM accounts_contractevent e
    JOIN chosen ON chosen.id = e.subscription_id
    WHERE e.workspace_id = %(workspace_id)s
      AND e.kind NOT IN ('void', 'one_off')
      AND e.known_at <= %(now)s
      AND NOT EXISTS (
          SELECT FROM accounts_contractevent void
          WHERE void.workspace_id = %(workspace_id)s
            AND void.voids_id IS NOT NULL AND void.voids_id = e.id
            AND void.known_at <= %(now)s
      )
),
-- the first entry of a contract that has not begun yet
opening AS MATERIALIZED (
    SELECT DISTINCT ON (subscription_id) *
    FROM entry
    ORDER BY subscription_id, effective_on, id
),
-- an end that is entered but still to come
coming_end AS MATERIALIZED (
    SELECT DISTINCT ON (subscription_id) subscription_id, last_paid_on, kind
    FROM entry
    ORDER BY subscription_id, effective_on DESC, id DESC
),
-- what the ledger says of them today
state AS MATERIALIZED (
    SELECT s.*
    FROM subscription_states(%(workspace_id)s, %(today)s, %(now)s) s
    WHERE %(ids)s::bigint[] IS NULL OR s.subscription_id = ANY (%(ids)s::bigint[])
),
-- that state, completed by the row's own facts
derived AS MATERIALIZED (
    SELECT
        chosen.id,
        state.plan_id,
        state.seats,
        state.unit_price,
        CASE WHEN state.status = 'ended' THEN 0 ELSE state.contracted_mrr END AS mrr,
        state.currency,
        state.billing_months,
        state.starts_on,
        state.term_ends_on,
        state.term_months,
        state.auto_renew,
        state.notice_deadline_on,
        state.notice_given_on,
        coalesce(
            state.ended_on,
            CASE WHEN coming_end.kind = 'churn' THEN coming_end.last_paid_on END
        ) AS ended_on,
        state.status
    FROM chosen
    JOIN state ON state.subscription_id = chosen.id
    LEFT JOIN coming_end ON coming_end.subscription_id = chosen.id

    UNION ALL

    SELECT
        chosen.id,
        opening.plan_id,
        opening.seats,
        opening.unit_price,
        opening.mrr,
        opening.currency,
        opening.billing_months,
        opening.starts_on,
        opening.term_ends_on,
        opening.term_months,
        opening.auto_renew,
        opening.notice_deadline_on,
        opening.notice_given_on,
        CASE WHEN coming_end.kind = 'churn' THEN coming_end.last_paid_on END,
        'upcoming'
    FROM chosen
    JOIN opening ON opening.subscription_id = chosen.id
    LEFT JOIN coming_end ON coming_end.subscription_id = chosen.id
    WHERE NOT EXISTS (SELECT FROM state WHERE state.subscription_id = chosen.id)

    UNION ALL

    -- every entry was voided: nothing of the contract is left
    SELECT
        s.id, s.plan_id, s.seats, s.unit_price, 0, s.currency, s.billing_months, s.starts_on,
        NULL, s.term_months, false, NULL, NULL, NULL, 'voided'
    FROM chosen
    JOIN accounts_subscription s ON s.workspace_id = %(workspace_id)s AND s.id = chosen.id
    WHERE NOT EXISTS (SELECT FROM opening WHERE opening.subscription_id = chosen.id)
),
-- the rows that differ from it, brought in line
written AS (
    UPDATE accounts_subscription s
    SET plan_id = d.plan_id,
        seats = d.seats,
        unit_price = d.unit_price,
        mrr = d.mrr,
        currency = d.currency,
        billing_months = d.billing_months,
        starts_on = d.starts_on,
        term_ends_on = d.term_ends_on,
        term_months = d.term_months,
        auto_renew = d.auto_renew,
        notice_deadline_on = d.notice_deadline_on,
        notice_given_on = d.notice_given_on,
        ended_on = d.ended_on,
        status = d.status,
        updated_at = %(now)s
    FROM derived d
    WHERE s.workspace_id = %(workspace_id)s
      AND s.id = d.id
      AND (
          s.plan_id, s.seats, s.unit_price, s.mrr, s.currency, s.billing_months::integer,
          s.starts_on, s.term_ends_on, s.term_months::integer, s.auto_renew,
          s.notice_deadline_on, s.notice_given_on, s.ended_on, s.status::text
      ) IS DISTINCT FROM (
          d.plan_id, d.seats, d.unit_price, d.mrr, d.currency, d.billing_months,
          d.starts_on, d.term_ends_on, d.term_months::integer, d.auto_renew,
          d.notice_deadline_on, d.notice_given_on, d.ended_on, d.status
      )
    RETURNING s.id AS subscription_id, s.account_id
)
SELECT subscription_id, account_id FROM written
