//! The metrics of this service.

use ::metrics::{counter, describe_counter};

const REGISTRATIONS: &str = "auth_registrations_total";
const LOGINS: &str = "auth_logins_total";
const REFRESH_REUSED: &str = "auth_refresh_reused_total";
const LIMITS_LOCAL: &str = "auth_limits_local_total";
const ACTIVITY_DROPPED: &str = "auth_activity_dropped_total";

pub(crate) fn describe() {
    describe_counter!(REGISTRATIONS, "Accounts created.");
    describe_counter!(LOGINS, "Logins with a password, by outcome (ok, refused).");
    describe_counter!(REFRESH_REUSED, "Sessions ended because a spent refresh token was reused.");
    describe_counter!(LIMITS_LOCAL, "Attempts counted in this process alone because Redis was unavailable.");
    describe_counter!(
        ACTIVITY_DROPPED,
        "Last uses of sessions and API keys that were not recorded because the buffer was full."
    );
}

pub(crate) fn record_registration() {
    counter!(REGISTRATIONS).increment(1);
}

pub(crate) fn record_login(outcome: &'static str) {
    counter!(LOGINS, "outcome" => outcome).increment(1);
}

pub(crate) fn record_refresh_reused() {
    counter!(REFRESH_REUSED).increment(1);
}

pub(crate) fn record_local_limit() {
    counter!(LIMITS_LOCAL).increment(1);
}

pub(crate) fn record_dropped_activity() {
    counter!(ACTIVITY_DROPPED).increment(1);
}
