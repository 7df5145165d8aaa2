-- Everything that happened to one account, newest first, one page of it.
-- `kinds` are the sources wanted; rows come strictly after the cursor (before_at, before_kind,
-- before_id); `zone` turns calendar days into moments. Each branch is cut to the page's length
-- before they are merged, so that a long history costs no more than a short one.
WITH
-- What was said to the customer.
interactions AS (
    SELECT 'interaction' AS source, entry.happened_at, entry.id,
           entry.kind, entry.author_id AS member_id,
           jsonb_build_object(
               'summary', entry.summary, 'words', entry.customer_words, 'need', entry.need,
               'sentiment', entry.sentiment, 'minutes', entry.duration_minutes,
               'next_step', entry.next_step, 'next_step_on', entry.next_step_on,
               'contact', contact.name, 'is_read_back', entry.is_read_back
           ) AS detail
    FROM accounts_interaction AS entry
    LEFT JOIN accounts_contact AS contact
           ON contact.workspace_id = entry.workspace_id AND contact.id = entry.contact_id
    WHERE entry.workspace_id = %(workspace_id)s AND entry.account_id = %(account_id)s
      AND 'interaction' = ANY (%(kinds)s)
      AND (entry.happened_at, 'interaction', entry.id)
          < (%(before_at)s::timestamptz, %(before_kind)s::text, %(before_id)s::bigint)
    ORDER BY entry.happened_at DESC, entry.id DESC
    LIMIT %(limit)s
),
-- The contract ledger, dated by the first day on which the entry holds.
contracts AS (
    SELECT 'contract' AS source,
           entry.effective_on::timestamp AT TIME ZONE %(zone)s AS happened_at, entry.id,
           entry.kind, entry.recorded_by_id AS member_id,
           jsonb_build_object(
               'product', product.name, 'plan', plan.name, 'seats', entry.seats,
               'mrr', entry.mrr, 'currency', entry.currency, 'amount', entry.amount,
               'last_paid_on', entry.last_paid_on, 'reason', entry.reason,
               'competitor', entry.competitor, 'note', entry.note
           ) AS detail
    FROM accounts_contractevent AS entry
    JOIN accounts_subscription AS subscription
      ON subscription.workspace_id = entry.workspace_id
     AND subscription.id = entry.subscription_id
    JOIN accounts_product AS product
      ON product.workspace_id = entry.workspace_id AND product.id = subscription.product_id
    LEFT JOIN accounts_plan AS plan
           ON plan.workspace_id = entry.workspace_id AND plan.id = entry.plan_id
    WHERE entry.workspace_id = %(workspace_id)s AND entry.account_id = %(account_id)s
      AND 'contract' = ANY (%(kinds)s)
      AND (entry.effective_on::timestamp AT TIME ZONE %(zone)s, 'contract', entry.id)
          < (%(before_at)s::timestamptz, %(before_kind)s::text, %(before_id)s::bigint)
    ORDER BY entry.effective_on DESC, entry.id DESC
    LIMIT %(limit)s
),
-- Changes of stage, owner, segment, tier, seats and onboarding dates.
changes AS (
    SELECT 'change' AS source, entry.happened_at, entry.id,
           entry.attribute AS kind, entry.changed_by_id AS member_id,
           jsonb_build_object('old', entry.old_value, 'new', entry.new_value) AS detail
    FROM accounts_attributechange AS entry
    WHERE entry.workspace_id = %(workspace_id)s AND entry.account_id = %(account_id)s
      AND 'change' = ANY (%(kinds)s)
      AND (entry.happened_at, 'change', entry.id)
          < (%(before_at)s::timestamptz, %(before_kind)s::text, %(before_id)s::bigint)
    ORDER BY entry.happened_at DESC, entry.id DESC
    LIMIT %(limit)s
),
-- What was decided about the account's risk.
risks AS (
    SELECT 'risk' AS source, entry.happened_at, entry.id,
           entry.kind, entry.author_id AS member_id,
           jsonb_build_object(
               'old_state', entry.old_state, 'new_state', entry.new_state,
               'until_on', entry.until_on, 'reason', entry.reason
           ) AS detail
    FROM health_risknote AS entry
    WHERE entry.workspace_id = %(workspace_id)s AND entry.account_id = %(account_id)s
      AND 'risk' = ANY (%(kinds)s)
      AND (entry.happened_at, 'risk', entry.id)
          < (%(before_at)s::timestamptz, %(before_kind)s::text, %(before_id)s::bigint)
    ORDER BY entry.happened_at DESC, entry.id DESC
    LIMIT %(limit)s
),
-- What its people answered in surveys; suspected robots are no people.
answers AS (
    SELECT 'answer' AS source, entry.happened_at, entry.id,
           entry.kind, NULL::bigint AS member_id,
           jsonb_build_object(
               'score', entry.score, 'scale', entry.scale, 'comment', entry.comment,
               'contact', contact.name, 'survey', survey.name
           ) AS detail
    FROM surveys_response AS entry
    JOIN surveys_survey AS survey
      ON survey.workspace_id = entry.workspace_id AND survey.id = entry.survey_id
    LEFT JOIN accounts_contact AS contact
           ON contact.workspace_id = entry.workspace_id AND contact.id = entry.contact_id
    WHERE entry.workspace_id = %(workspace_id)s AND entry.account_id = %(account_id)s
      AND 'answer' = ANY (%(kinds)s) AND NOT entry.is_suspected_robot
      AND (entry.happened_at, 'answer', entry.id)
          < (%(before_at)s::timestamptz, %(before_kind)s::text, %(before_id)s::bigint)
    ORDER BY entry.happened_at DESC, entry.id DESC
    LIMIT %(limit)s
),
-- The score of each day beside the one before it.
days AS (
    SELECT scored.day, scored.band, scored.score,
           lag(scored.band) OVER by_day AS old_band, lag(scored.score) OVER by_day AS old_score
    FROM health_scoreday AS scored
    WHERE scored.workspace_id = %(workspace_id)s AND scored.account_id = %(account_id)s
      AND scored.series = 0 AND 'band' = ANY (%(kinds)s)
    WINDOW by_day AS (ORDER BY scored.day)
),
-- Days on which the band was another than the day before.
moves AS (
    SELECT 'band' AS source, days.day::timestamp AT TIME ZONE %(zone)s AS happened_at,
           (days.day - DATE '2000-01-01')::bigint AS id, days.band AS kind,
           NULL::bigint AS member_id,
           jsonb_build_object(
               'old', days.old_band, 'score', days.score, 'old_score', days.old_score
           ) AS detail
    FROM days
    WHERE days.band <> days.old_band
      AND (
          days.day::timestamp AT TIME ZONE %(zone)s, 'band',
          (days.day - DATE '2000-01-01')::bigint
      ) < (%(before_at)s::timestamptz, %(before_kind)s::text, %(before_id)s::bigint)
    ORDER BY days.day DESC
    LIMIT %(limit)s
),
-- all kinds in one line of time
merged AS (
    SELECT * FROM interactions
    UNION ALL
    SELECT * FROM answers
    UNION ALL
    SELECT * FROM contracts
    UNION ALL
    SELECT * FROM changes
    UNION ALL
    SELECT * FROM risks
    UNION ALL
    SELECT * FROM moves
)
SELECT merged.*
FROM merged
ORDER BY merged.happened_at DESC, merged.source DESC, merged.id DESC
LIMIT %(limit)s
