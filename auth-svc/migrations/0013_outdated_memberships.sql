-- Whose memberships changed: what was issued to services before is out of date, while sessions go on.
ALTER TABLE revocations
    ADD COLUMN memberships_of bigint,
    DROP CONSTRAINT revocations_check,
    ADD CONSTRAINT revocations_subject CHECK (num_nonnulls(session_id, api_key_id, user_id, memberships_of) = 1) NOT VALID;
