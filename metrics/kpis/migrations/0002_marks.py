from django.db import migrations

# What KPIs rest on is written by actions that must not know of KPIs. The marks are made by
# statement triggers: in the transaction of the change, once per account and statement, by whoever
# writes. They run with the writer's rights, so row-level security holds them to its workspace.

LEDGER = """
CREATE FUNCTION kpis_mark_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO kpis_mark (workspace_id, account_id, since)
    SELECT workspace_id, account_id, min(effective_on)
    FROM written
    GROUP BY workspace_id, account_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER kpis_mark_ledger AFTER INSERT ON accounts_contractevent
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION kpis_mark_ledger();
"""

# A void takes effect from the day of the entry it voids.
VOIDS = """
CREATE FUNCTION kpis_mark_voids() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO kpis_mark (workspace_id, account_id, since)
    SELECT entry.workspace_id, entry.account_id, min(entry.effective_on)
    FROM written
    JOIN accounts_contractevent entry
      ON entry.workspace_id = written.workspace_id AND entry.id = written.voids_id
    GROUP BY entry.workspace_id, entry.account_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER kpis_mark_voids AFTER INSERT ON accounts_contractevent
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION kpis_mark_voids();
"""

HISTORY = """
CREATE FUNCTION kpis_mark_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO kpis_mark (workspace_id, account_id, since)
    SELECT workspace_id, account_id, min(happened_at AT TIME ZONE 'UTC')::date - 1
    FROM written
    WHERE attribute IN (
        'segment', 'owner', 'onboarding_started_on', 'onboarding_completed_on'
    )
    GROUP BY workspace_id, account_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER kpis_mark_history AFTER INSERT ON accounts_attributechange
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION kpis_mark_history();
"""

# A rate is worth something from its day on, to everybody billed in its currency.
RATES = """
CREATE FUNCTION kpis_mark_rates() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO kpis_mark (workspace_id, since)
    SELECT workspace_id, min(valid_from)
    FROM written
    GROUP BY workspace_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER kpis_mark_rates_new AFTER INSERT ON accounts_exchangerate
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION kpis_mark_rates();
CREATE TRIGGER kpis_mark_rates_changed AFTER UPDATE ON accounts_exchangerate
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION kpis_mark_rates();
CREATE TRIGGER kpis_mark_rates_gone AFTER DELETE ON accounts_exchangerate
REFERENCING OLD TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION kpis_mark_rates();
"""

GONE = """
DROP TRIGGER kpis_mark_ledger ON accounts_contractevent;
DROP TRIGGER kpis_mark_voids ON accounts_contractevent;
DROP TRIGGER kpis_mark_history ON accounts_attributechange;
DROP TRIGGER kpis_mark_rates_new ON accounts_exchangerate;
DROP TRIGGER kpis_mark_rates_changed ON accounts_exchangerate;
DROP TRIGGER kpis_mark_rates_gone ON accounts_exchangerate;
DROP FUNCTION kpis_mark_ledger();
DROP FUNCTION kpis_mark_voids();
DROP FUNCTION kpis_mark_history();
DROP FUNCTION kpis_mark_rates();
"""


class Migration(migrations.Migration):
    dependencies = [("kpis", "0001_initial"), ("accounts", "0005_plan_for_new_workspaces")]

    operations = [migrations.RunSQL([LEDGER, VOIDS, HISTORY, RATES], GONE)]
