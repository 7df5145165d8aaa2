-- What was done about one account and what it said in the days before a loss, newest first.
-- Entries that happened in [since, until); `until` is also when the loss was complete: what became
-- known only then or later is marked, because nobody could have acted on it. The columns are those
-- of timeline.sql and known_at. `zone` turns calendar days into moments.
WITH
-- What was said to the customer.
interactions AS (
    SELECT 'interaction' AS source, entry.happened_at, entry.known_at, entry.id,
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
      AND entry.happened_at >= %(since)s AND entry.happened_at < %(until)s
),
-- What was promised, dated by the day it was written down, and whether it was kept.
tasks AS (
    SELECT 'task' AS source, entry.created_at AS happened_at, entry.created_at AS known_at,
           entry.id,
           CASE
               WHEN entry.done_at IS NULL OR entry.done_at >= %(until)s THEN 'open' ELSE 'done'
           END AS kind,
           entry.owner_id AS member_id,
           jsonb_build_object(
               'title', entry.title, 'wording', entry.wording, 'words', entry.words,
               'due_on', entry.due_on, 'done_at', entry.done_at
           ) AS detail
    FROM accounts_task AS entry
    WHERE entry.workspace_id = %(workspace_id)s AND entry.account_id = %(account_id)s
      AND entry.created_at >= %(since)s AND entry.created_at < %(until)s
),
-- The contract ledger; the end itself takes effect on the day after the last paid one.
contracts AS (
    SELECT 'contract' AS source,
           entry.effective_on::timestamp AT TIME ZONE %(zone)s AS happened_at, entry.known_at,
           entry.id, entry.kind, entry.recorded_by_id AS member_id,
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
      AND entry.effective_on::timestamp AT TIME ZONE %(zone)s >= %(since)s
      AND entry.effective_on::timestamp AT TIME ZONE %(zone)s <= %(until)s
),
-- Changes of stage, owner, segment, tier, seats and onboarding dates.
changes AS (
    SELECT 'change' AS source, entry.happened_at, entry.known_at, entry.id,
           entry.attribute AS kind, entry.changed_by_id AS member_id,
           jsonb_build_object('old', entry.old_value, 'new', entry.new_value) AS detail
    FROM accounts_attributechange AS entry
    WHERE entry.workspace_id = %(workspace_id)s AND entry.account_id = %(account_id)s
      AND entry.happened_at >= %(since)s AND entry.happened_at < %(until)s
),
-- What was decided about the account's risk.
risks AS (
    SELECT 'risk' AS source, entry.happened_at, entry.happened_at AS known_at, entry.id,
           entry.kind, entry.author_id AS member_id,
           jsonb_build_object(
               'old_state', entry.old_state, 'new_state', entry.new_state,
               'until_on', entry.until_on, 'reason', entry.reason
           ) AS detail
    FROM health_risknote AS entry
    WHERE entry.workspace_id = %(workspace_id)s AND entry.account_id = %(account_id)s
      AND entry.happened_at >= %(since)s AND entry.happened_at < %(until)s
),
-- What the customer answered.
answers AS (
    SELECT 'answer' AS source, entry.happened_at, entry.known_at, entry.id,
           entry.kind, NULL::bigint AS member_id,
           jsonb_build_object(
               'score', entry.score, 'scale', entry.scale, 'comment', entry.comment,
               'survey', survey.name, 'contact', contact.name
           ) AS detail
    FROM surveys_response AS entry
    JOIN surveys_survey AS survey
      ON survey.workspace_id = entry.workspace_id AND survey.id = entry.survey_id
    LEFT JOIN accounts_contact AS contact
           ON contact.workspace_id = entry.workspace_id AND contact.id = entry.contact_id
    WHERE entry.workspace_id = %(workspace_id)s AND entry.account_id = %(account_id)s
      AND NOT entry.is_suspected_robot
      AND entry.happened_at >= %(since)s AND entry.happened_at < %(until)s
),
-- all kinds in one line of time
merged AS (
    SELECT * FROM interactions
    UNION ALL
    SELECT * FROM tasks
    UNION ALL
    SELECT * FROM contracts
    UNION ALL
    SELECT * FROM changes
    UNION ALL
    SELECT * FROM risks
    UNION ALL
    SELECT * FROM answers
)
SELECT merged.*, merged.known_at >= %(until)s AS is_late
FROM merged
ORDER BY merged.happened_at DESC, merged.source DESC, merged.id DESC
LIMIT %(limit)s
