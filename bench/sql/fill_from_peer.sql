-- The same events as they would have come in at their time, each day marked for the roll-up.
INSERT INTO accounts_account (
    workspace_id, external_id, name, name_reading, search_text, segment, tier, industry, country,
    website, stage, handover_note, goals, fit, attributes, is_unconfirmed, created_at, updated_at
)
SELECT
    %(workspace_id)s, account_id, 'Firm ' || account_id, '', 'firm', '', '', '', '', '', 'adoption',
    '', '', '', '{}', false, min(event_time) AT TIME ZONE 'UTC', now()
FROM bench_peer_event
GROUP BY account_id;
INSERT INTO usage_event (
    workspace_id, account_id, happened_at, known_at, message_key, is_historical, is_clamped, kind,
    name, user_id, account_ref, properties
)
SELECT
    %(workspace_id)s, a.id, e.event_time AT TIME ZONE 'UTC', e.event_time AT TIME ZONE 'UTC',
    gen_random_uuid(), true, false, 'track', e.event_type_id::text, coalesce(e.user_id::text, ''),
    '', '{}'
FROM bench_peer_event e
JOIN accounts_account a
    ON a.workspace_id = %(workspace_id)s AND a.external_id = e.account_id::text
ORDER BY e.event_time;
INSERT INTO usage_dirtyday (workspace_id, account_ids, days)
SELECT %(workspace_id)s::bigint, array_agg(a.id), array_agg(e.event_time::date)
FROM bench_peer_event e
JOIN accounts_account a
    ON a.workspace_id = %(workspace_id)s AND a.external_id = e.account_id::text
