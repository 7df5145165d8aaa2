-- role: analytics
-- The tables of one transaction: what the ledger says at the boundaries of periods, its entries, the
-- stretches between them, and what accounts are cut by. Filled by the files named beside each.
SET LOCAL jit = off;
SET LOCAL work_mem = '64MB';
-- state.sql: every contract as it stands at a boundary, ended ones included
CREATE TEMPORARY TABLE IF NOT EXISTS kpis_state (
    boundary date NOT NULL,
    account_id bigint NOT NULL,
    subscription_id bigint NOT NULL,
    plan_id bigint,
    mrr numeric NOT NULL,
    currency varchar NOT NULL,
    is_paying boolean NOT NULL,
    is_paused boolean NOT NULL,
    ended_on date
) ON COMMIT DELETE ROWS;
-- entries.sql: the ledger as known, each entry beside the one before it
CREATE TEMPORARY TABLE IF NOT EXISTS kpis_entry (
    account_id bigint NOT NULL,
    subscription_id bigint NOT NULL,
    id bigint NOT NULL,
    kind varchar NOT NULL,
    effective_on date NOT NULL,
    mrr numeric NOT NULL,
    mrr_before numeric,
    currency varchar NOT NULL,
    currency_before varchar,
    reason varchar NOT NULL,
    is_last_of_day boolean NOT NULL,
    term_ends_on date,
    months integer NOT NULL,
    rolls boolean NOT NULL
) ON COMMIT DELETE ROWS;
-- entries.sql: from one state of a contract to the next; last_on is none while it goes on
CREATE TEMPORARY TABLE IF NOT EXISTS kpis_stretch (
    account_id bigint NOT NULL,
    subscription_id bigint NOT NULL,
    from_on date NOT NULL,
    last_on date,
    mrr numeric NOT NULL,
    currency varchar NOT NULL,
    term_ends_on date,
    months integer NOT NULL,
    rolls boolean NOT NULL,
    next_on date,
    next_kind varchar,
    next_mrr numeric,
    next_currency varchar,
    next_term_ends_on date
) ON COMMIT DELETE ROWS;
-- entries.sql: unbroken stretches of days on which an account paid for anything
CREATE TEMPORARY TABLE IF NOT EXISTS kpis_spell (
    account_id bigint NOT NULL,
    number integer NOT NULL,
    from_on date NOT NULL,
    last_on date
) ON COMMIT DELETE ROWS;
-- attributes.sql: from when to when an account was what
CREATE TEMPORARY TABLE IF NOT EXISTS kpis_attribute (
    account_id bigint NOT NULL,
    attribute varchar NOT NULL,
    value text NOT NULL,
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL
) ON COMMIT DELETE ROWS;
-- attributes.sql: the first onboarding of each account
CREATE TEMPORARY TABLE IF NOT EXISTS kpis_onboarding (
    account_id bigint NOT NULL,
    started_on date,
    completed_on date
) ON COMMIT DELETE ROWS;
-- lives.sql: what every account's life was by the end
CREATE TEMPORARY TABLE IF NOT EXISTS kpis_life (
    account_id bigint NOT NULL,
    is_referred boolean NOT NULL,
    first_on date,
    first_last_on date,
    last_on date,
    reason varchar NOT NULL,
    started_on date,
    completed_on date,
    onboarding_counts boolean NOT NULL,
    onboarding_in_time boolean NOT NULL,
    kept_6m boolean,
    kept_12m boolean,
    lost_before_completion boolean NOT NULL,
    months_paid integer NOT NULL,
    months_lost integer NOT NULL,
    paid_12m_ago boolean NOT NULL,
    paid_24m_ago boolean NOT NULL
) ON COMMIT DELETE ROWS;
DELETE FROM kpis_state WHERE %(workspace_id)s IS NOT NULL;
DELETE FROM kpis_entry;
DELETE FROM kpis_stretch;
DELETE FROM kpis_spell;
DELETE FROM kpis_attribute;
DELETE FROM kpis_onboarding;
DELETE FROM kpis_life;
