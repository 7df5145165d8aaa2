-- role: analytics
-- What a period was for each account: the facts every KPI is summed from. Needs the tables of
-- begin.sql, with the states at both ends. Movements compare the account's recurring revenue at the
-- two ends, net over its contracts, both at the exchange rates in force on the period's first day.
-- A day belongs to the period where first_of_event <= day < first_after: [starts_on, until_on), or one
-- day later at either end where a first day's changes count to the opening.
INSERT INTO kpis_accountperiod (
    workspace_id, period_id, account_id, segment, plan_id, owner_id, cohort,
    is_opening, is_closing, is_new, is_reactivated, is_churned, is_paused, is_referred,
    mrr_opening, mrr_closing, mrr_now, cancelled, contraction, expansion,
    upsells, upsell_value, cross_sells, cross_sell_value,
    due, renewed, due_value, renewed_value, churned_on, reason,
    is_settled, is_early_loss,
    onboarding_counts, onboarding_in_time, onboarding_days,
    kept_6m, kept_12m, lost_before_completion,
    began_on, months_paid, months_lost, paid_12m_ago, paid_24m_ago, tenure_days, has_ended
)
WITH
-- what each currency was worth on the first day, and is worth at the end
rate AS MATERIALIZED (
    SELECT
        currency,
        (array_agg(rate ORDER BY valid_from DESC) FILTER (WHERE valid_from <= %(starts_on)s))[1]
            AS at_start,
        (array_agg(rate ORDER BY valid_from DESC) FILTER (WHERE valid_from <= %(rate_day)s))[1]
            AS at_end
    FROM accounts_exchangerate
    WHERE workspace_id = %(workspace_id)s
    GROUP BY currency
    UNION ALL
    SELECT currency, 1, 1 FROM accounts_workspace w WHERE w.id = %(workspace_id)s
),
-- accounts that paid when the period began; revenue is none where a rate is missing
opening AS MATERIALIZED (
    SELECT
        s.account_id,
        CASE WHEN bool_and(r.at_start IS NOT NULL) THEN sum(round(s.mrr * r.at_start, 4)) END AS mrr,
        (array_agg(s.plan_id ORDER BY s.mrr * r.at_start DESC NULLS LAST, s.subscription_id))[1]
            AS plan_id,
        bool_and(s.is_paused) AS is_paused
    FROM kpis_state s
    LEFT JOIN rate r ON r.currency = s.currency
    WHERE s.boundary = %(starts_on)s AND s.is_paying
    GROUP BY s.account_id
),
-- accounts that paid when it ended
closing AS MATERIALIZED (
    SELECT
        s.account_id,
        CASE WHEN bool_and(r.at_start IS NOT NULL) THEN sum(round(s.mrr * r.at_start, 4)) END AS mrr,
        CASE WHEN bool_and(r.at_end IS NOT NULL) THEN sum(round(s.mrr * r.at_end, 4)) END AS mrr_now,
        (array_agg(s.plan_id ORDER BY s.mrr * r.at_start DESC NULLS LAST, s.subscription_id))[1]
            AS plan_id,
        bool_and(s.is_paused) AS is_paused
    FROM kpis_state s
    LEFT JOIN rate r ON r.currency = s.currency
    WHERE s.boundary = %(until_on)s AND s.is_paying
    GROUP BY s.account_id
),
-- upsells and cross-sells in the period; less revenue, or another currency, adds no value
sale AS MATERIALIZED (
    SELECT
        e.account_id,
        count(*) FILTER (WHERE e.kind = 'upsell') AS upsells,
        sum(CASE
            WHEN e.kind <> 'upsell' THEN 0
            WHEN e.currency = e.currency_before
            THEN greatest(round(e.mrr * r.at_start, 4) - round(e.mrr_before * r.at_start, 4), 0)
            ELSE 0
        END) AS upsell_value,
        count(*) FILTER (WHERE e.kind = 'cross_sell') AS cross_sells,
        sum(CASE WHEN e.kind = 'cross_sell' THEN round(e.mrr * r.at_start, 4) ELSE 0 END)
            AS cross_sell_value
    FROM kpis_entry e
    LEFT JOIN rate r ON r.currency = e.currency
    WHERE e.kind IN ('upsell', 'cross_sell') AND e.mrr > 0
      AND e.effective_on >= %(first_of_event)s AND e.effective_on < %(first_after)s
    GROUP BY e.account_id
),
-- stretches whose term can run out in the period, and the number of the first term that can
running AS MATERIALIZED (
    SELECT
        s.*,
        CASE
            WHEN s.rolls AND s.term_ends_on < %(starts_on)s
            THEN greatest(0, (
                (extract(year FROM %(starts_on)s::date) - extract(year FROM s.term_ends_on)) * 12
                + extract(month FROM %(starts_on)s::date) - extract(month FROM s.term_ends_on)
            )::integer / s.months - 1)
            ELSE 0
        END AS first_term,
        CASE
            WHEN s.rolls AND s.term_ends_on < %(until_on)s
            THEN (
                (extract(year FROM %(until_on)s::date) - extract(year FROM s.term_ends_on)) * 12
                + extract(month FROM %(until_on)s::date) - extract(month FROM s.term_ends_on)
            )::integer / s.months + 1
            ELSE 0
        END AS last_term
    FROM kpis_stretch s
    WHERE s.mrr > 0 AND s.term_ends_on < %(until_on)s
      AND (s.rolls OR s.term_ends_on >= %(starts_on)s)
      AND coalesce(s.last_on, 'infinity') >= s.from_on
),
-- the last day of each term that ran out in the period; a stretch may end before its next one does
term AS (
    SELECT r.*, t.ends_on, coalesce(r.last_on, 'infinity') AS stretch_until
    FROM running r
    CROSS JOIN LATERAL generate_series(r.first_term, r.last_term) AS number
    CROSS JOIN LATERAL (
        SELECT (r.term_ends_on + 1 + make_interval(months => r.months * number))::date - 1 AS ends_on
        -- kept from being worked out again at each of its uses
        OFFSET 0
    ) t
    WHERE t.ends_on >= %(starts_on)s AND t.ends_on < %(until_on)s AND t.ends_on >= r.from_on
),
-- terms that ran out, and whether another followed: by rolling on, or by an entry with a later term
due_term AS (
    SELECT
        account_id, mrr, currency,
        CASE
            WHEN ends_on < stretch_until AND rolls
            THEN CASE WHEN next_on = ends_on + 1 AND next_currency = currency
                THEN least(mrr, next_mrr) ELSE mrr END
            WHEN next_on IS NOT NULL AND next_kind NOT IN ('churn', 'reactivation')
                AND next_term_ends_on > ends_on
            THEN CASE WHEN next_currency = currency THEN least(mrr, next_mrr) ELSE mrr END
        END AS mrr_renewed
    FROM term
    WHERE ends_on <= stretch_until
    -- renewed before the term was over
       OR (
           next_on <= ends_on AND next_kind NOT IN ('churn', 'reactivation')
           AND next_term_ends_on > ends_on
           AND (
               ends_on = term_ends_on
               OR (ends_on + 1 - make_interval(months => months))::date - 1 <= stretch_until
           )
       )
),
-- contracts due and renewed per account
renewal AS MATERIALIZED (
    SELECT
        d.account_id,
        count(*) AS due,
        count(d.mrr_renewed) AS renewed,
        sum(round(d.mrr * r.at_start, 4)) AS due_value,
        sum(coalesce(round(d.mrr_renewed * r.at_start, 4), CASE WHEN d.mrr_renewed IS NULL THEN 0 END))
            AS renewed_value,
        bool_and(r.at_start IS NOT NULL) AS is_known
    FROM due_term d
    LEFT JOIN rate r ON r.currency = d.currency
    GROUP BY d.account_id
),
-- everybody who was there, came, or has a duration to be counted
person AS MATERIALIZED (
    SELECT
        l.*,
        l.first_on + 90 AS settles_on,
        o.account_id IS NOT NULL AS is_opening,
        c.account_id IS NOT NULL AS is_closing,
        o.mrr AS mrr_opening, c.mrr AS mrr_closing, c.mrr_now,
        CASE WHEN o.account_id IS NOT NULL THEN o.plan_id ELSE c.plan_id END AS plan_id,
        CASE WHEN o.account_id IS NOT NULL THEN o.is_paused ELSE c.is_paused END AS is_paused,
        CASE WHEN o.account_id IS NOT NULL THEN %(start_at)s ELSE %(end_at)s END AS cut_at
    FROM kpis_life l
    LEFT JOIN opening o ON o.account_id = l.account_id
    LEFT JOIN closing c ON c.account_id = l.account_id
),
-- whose first 90 days were over in the period, and whether it paid for anything when they were
settled AS MATERIALIZED (
    SELECT
        p.account_id,
        bool_or(s.from_on <= p.settles_on AND coalesce(s.last_on, 'infinity') >= p.settles_on)
            AS has_stayed
    FROM person p
    JOIN kpis_spell s ON s.account_id = p.account_id
    WHERE p.settles_on > %(starts_on)s AND p.settles_on <= %(until_on)s
    GROUP BY p.account_id
)
SELECT
    %(workspace_id)s, %(period_id)s, p.account_id,
    coalesce(segment.value, ''), p.plan_id, nullif(owner.value, '')::bigint,
    date_trunc('month', p.first_on)::date,
    p.is_opening, p.is_closing,
    p.is_closing AND NOT p.is_opening AND p.first_on >= %(starts_on)s,
    p.is_closing AND NOT p.is_opening AND p.first_on < %(starts_on)s,
    p.is_opening AND NOT p.is_closing,
    coalesce(p.is_paused, false),
    p.is_referred,
    p.mrr_opening, p.mrr_closing, p.mrr_now,
    CASE WHEN p.is_opening AND NOT p.is_closing THEN coalesce(p.mrr_opening, 0) ELSE 0 END,
    CASE WHEN p.is_opening AND p.is_closing
        THEN coalesce(greatest(p.mrr_opening - p.mrr_closing, 0), 0) ELSE 0 END,
    CASE WHEN p.is_opening AND p.is_closing
        THEN coalesce(greatest(p.mrr_closing - p.mrr_opening, 0), 0) ELSE 0 END,
    CASE WHEN p.is_opening THEN coalesce(sale.upsells, 0) ELSE 0 END,
    CASE WHEN p.is_opening AND sale.account_id IS NOT NULL THEN sale.upsell_value END,
    CASE WHEN p.is_opening THEN coalesce(sale.cross_sells, 0) ELSE 0 END,
    CASE WHEN p.is_opening AND sale.account_id IS NOT NULL THEN sale.cross_sell_value END,
    coalesce(renewal.due, 0), coalesce(renewal.renewed, 0),
    CASE WHEN renewal.is_known THEN renewal.due_value END,
    CASE WHEN renewal.is_known THEN renewal.renewed_value END,
    CASE WHEN p.is_opening AND NOT p.is_closing THEN p.last_on END,
    CASE WHEN p.is_opening AND NOT p.is_closing THEN p.reason ELSE '' END,
    settled.account_id IS NOT NULL,
    NOT coalesce(settled.has_stayed, true),
    p.onboarding_counts, p.onboarding_in_time, p.completed_on - p.started_on,
    p.kept_6m, p.kept_12m, p.lost_before_completion,
    p.first_on, p.months_paid, p.months_lost, p.paid_12m_ago, p.paid_24m_ago,
    nullif(greatest(coalesce(p.first_last_on + 1, %(until_on)s) - p.first_on, 0), 0),
    coalesce(p.first_last_on IS NOT NULL, false)
FROM person p
LEFT JOIN kpis_attribute segment
    ON segment.account_id = p.account_id AND segment.attribute = 'segment'
    AND segment.from_at <= p.cut_at AND p.cut_at < segment.to_at
LEFT JOIN kpis_attribute owner
    ON owner.account_id = p.account_id AND owner.attribute = 'owner'
    AND owner.from_at <= p.cut_at AND p.cut_at < owner.to_at
LEFT JOIN sale ON sale.account_id = p.account_id
LEFT JOIN renewal ON renewal.account_id = p.account_id
LEFT JOIN settled ON settled.account_id = p.account_id
