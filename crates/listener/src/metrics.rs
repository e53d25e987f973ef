//! The metrics of listeners.

use ::metrics::{counter, describe_counter};

const SHED: &str = "listener_connections_shed_total";
const ENDED: &str = "listener_connections_ended_total";
const SLOW_BODIES: &str = "listener_bodies_too_slow_total";
const RESET: &str = "listener_responses_reset_total";

pub(crate) fn describe() {
    describe_counter!(
        SHED,
        "Connections evicted or refused, by the bound that was reached (address, listener, files)."
    );
    describe_counter!(ENDED, "Connections that were cut off, by reason.");
    describe_counter!(SLOW_BODIES, "Request bodies below their least rate.");
    describe_counter!(RESET, "HTTP/2 responses that were reset, by reason.");
}

pub(crate) fn connection_shed(bound: &'static str, action: &'static str) {
    counter!(SHED, "bound" => bound, "action" => action).increment(1);
}

pub(crate) fn connection_ended(reason: &'static str) {
    counter!(ENDED, "reason" => reason).increment(1);
}

pub(crate) fn body_too_slow() {
    counter!(SLOW_BODIES).increment(1);
}

pub(crate) fn response_reset(reason: &'static str) {
    counter!(RESET, "reason" => reason).increment(1);
}
