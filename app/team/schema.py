"""The schema `triggerdesk` in PostgreSQL: tables, the desks' rights, and its steps.

Never change a published step; append a new one. A desk acts as the role `triggerdesk_desk`, which may add rows and read
them, settle a claim once and use an approval once. It cannot delete, and it changes nothing else.
"""

from typing import LiteralString

ROLE: LiteralString = "triggerdesk_desk"

# One sequence numbers attempts, facts and tombstones. A transaction that adds some holds LOCK until its commit, so that a desk that
# has read up to a number has read everything below it.
LOCK: LiteralString = "SELECT pg_advisory_xact_lock(hashtext('triggerdesk.log'))"

_TABLES: LiteralString = """
CREATE TABLE triggerdesk.about (
    one integer PRIMARY KEY DEFAULT 1 CHECK (one = 1), version integer NOT NULL, key_check bytea NOT NULL
);
CREATE SEQUENCE triggerdesk.log;
CREATE SEQUENCE triggerdesk.claims;
CREATE TABLE triggerdesk.member (
    account text, name text, desk text, joined_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (account, name, desk)
);
CREATE TABLE triggerdesk.attempt (
    seq bigint NOT NULL DEFAULT nextval('triggerdesk.log'), id text PRIMARY KEY, account text NOT NULL,
    member text NOT NULL, desk text NOT NULL, event_id text NOT NULL, event_name text, key_id text NOT NULL,
    contacts bytea[] NOT NULL, data bytea, parent_id text, predicted_code integer,
    started_at timestamptz NOT NULL, pushed_at timestamptz NOT NULL DEFAULT clock_timestamp(), detail jsonb
);
CREATE UNIQUE INDEX attempt_in_order ON triggerdesk.attempt (account, seq);
CREATE TABLE triggerdesk.fact (
    seq bigint NOT NULL DEFAULT nextval('triggerdesk.log'), id text PRIMARY KEY, account text NOT NULL,
    attempt_id text NOT NULL, member text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind text NOT NULL CHECK (kind IN ('outcome', 'settled', 'noted', 'handed_over', 'evidence', 'double')),
    body jsonb NOT NULL
);
CREATE UNIQUE INDEX fact_in_order ON triggerdesk.fact (account, seq);
CREATE INDEX fact_of_attempt ON triggerdesk.fact (attempt_id, kind);
CREATE TABLE triggerdesk.claim (
    account text, event_id text, contact bytea, generation integer,
    number bigint NOT NULL DEFAULT nextval('triggerdesk.claims'), attempt_id text NOT NULL, member text NOT NULL,
    desk text NOT NULL, data bytea NOT NULL, claimed_at timestamptz NOT NULL DEFAULT clock_timestamp(), outcome text,
    PRIMARY KEY (account, event_id, contact, generation)
);
CREATE INDEX claim_of_attempt ON triggerdesk.claim (attempt_id);
CREATE TABLE triggerdesk.approval (
    id text PRIMARY KEY, account text NOT NULL, request bytea NOT NULL, event_id text NOT NULL, event_name text,
    contact text NOT NULL, asked_by text NOT NULL, asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    approved_by text, approved_at timestamptz, used_by text, used_at timestamptz,
    CONSTRAINT nobody_approves_their_own CHECK (approved_by <> asked_by),
    CONSTRAINT used_only_if_approved CHECK (used_at IS NULL OR approved_by IS NOT NULL)
);
CREATE INDEX approval_of_request ON triggerdesk.approval (account, request);
CREATE TABLE triggerdesk.template (
    account text, name text, version integer, event_id text NOT NULL, data_text text NOT NULL, member text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (account, name, version)
);
CREATE TABLE triggerdesk.tombstone (
    seq bigint NOT NULL DEFAULT nextval('triggerdesk.log'), account text, contact bytea,
    at timestamptz DEFAULT clock_timestamp(), member text NOT NULL, PRIMARY KEY (account, contact, at)
);
"""

_FORGETTING: LiteralString = """
CREATE FUNCTION triggerdesk.forget(of_account text, marks bytea[], by_member text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = triggerdesk, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('triggerdesk.log'));
    INSERT INTO tombstone (account, contact, member) SELECT of_account, mark, by_member FROM unnest(marks) AS mark;
    UPDATE fact SET body = body - '{note,reply_text}'::text[] WHERE attempt_id IN (
        SELECT id FROM attempt WHERE account = of_account AND contacts && marks);
    UPDATE attempt SET contacts = '{}', data = NULL, detail = NULL WHERE account = of_account AND contacts && marks;
    DELETE FROM claim WHERE account = of_account AND contact = ANY (marks);
END $$;
CREATE FUNCTION triggerdesk.empty_attempt() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = triggerdesk, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM tombstone WHERE account = NEW.account AND contact = ANY (NEW.contacts) AND at >= NEW.started_at)
    THEN NEW.contacts := '{}'; NEW.data := NULL; NEW.detail := NULL;
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION triggerdesk.empty_fact() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = triggerdesk, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM attempt WHERE id = NEW.attempt_id AND contacts = '{}')
    THEN NEW.body := NEW.body - '{note,reply_text}'::text[];
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER empty_forgotten BEFORE INSERT ON triggerdesk.attempt
    FOR EACH ROW EXECUTE FUNCTION triggerdesk.empty_attempt();
CREATE TRIGGER empty_forgotten BEFORE INSERT ON triggerdesk.fact
    FOR EACH ROW EXECUTE FUNCTION triggerdesk.empty_fact();
"""

_RIGHTS: LiteralString = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'triggerdesk_desk') THEN CREATE ROLE triggerdesk_desk NOLOGIN; END IF;
END $$;
GRANT triggerdesk_desk TO CURRENT_USER;
GRANT USAGE ON SCHEMA triggerdesk TO triggerdesk_desk;
GRANT SELECT ON triggerdesk.about TO triggerdesk_desk;
GRANT SELECT, INSERT ON triggerdesk.member, triggerdesk.attempt, triggerdesk.fact, triggerdesk.claim,
    triggerdesk.approval, triggerdesk.template TO triggerdesk_desk;
GRANT SELECT ON triggerdesk.tombstone TO triggerdesk_desk;
GRANT UPDATE (outcome) ON triggerdesk.claim TO triggerdesk_desk;
GRANT UPDATE (approved_by, approved_at, used_by, used_at) ON triggerdesk.approval TO triggerdesk_desk;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA triggerdesk TO triggerdesk_desk;
REVOKE EXECUTE ON FUNCTION triggerdesk.forget FROM PUBLIC;
GRANT EXECUTE ON FUNCTION triggerdesk.forget TO triggerdesk_desk;
ALTER TABLE triggerdesk.claim ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON triggerdesk.claim FOR SELECT USING (true);
CREATE POLICY claiming ON triggerdesk.claim FOR INSERT WITH CHECK (true);
CREATE POLICY settling_once ON triggerdesk.claim FOR UPDATE USING (outcome IS NULL) WITH CHECK (outcome IS NOT NULL);
ALTER TABLE triggerdesk.approval ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON triggerdesk.approval FOR SELECT USING (true);
CREATE POLICY asking ON triggerdesk.approval FOR INSERT
    WITH CHECK (approved_by IS NULL AND approved_at IS NULL AND used_by IS NULL AND used_at IS NULL);
CREATE POLICY using_once ON triggerdesk.approval FOR UPDATE USING (used_at IS NULL) WITH CHECK (true);
"""

STEPS: tuple[LiteralString, ...] = (_TABLES + _FORGETTING + _RIGHTS,)
