//! What the metrics of calls mean.

use ::metrics::{describe_counter, describe_gauge, describe_histogram};

pub(crate) fn describe_server() {
    describe_counter!("rpc_server_requests_total", "Calls served, by method and status code.");
    describe_histogram!("rpc_server_request_duration_seconds", "Duration of calls served, by method.");
    describe_counter!("rpc_server_shed_total", "Calls and streams refused because too many were in flight.");
    describe_gauge!("rpc_server_streams_open", "Open streams.");
}

pub(crate) fn describe_client() {
    describe_counter!("rpc_client_requests_total", "Calls made, by service and status code.");
    describe_histogram!("rpc_client_request_duration_seconds", "Duration of calls made, by service.");
    describe_counter!("rpc_client_refused_total", "Calls refused before they were sent, by service and reason.");
    describe_counter!("rpc_client_retries_total", "Calls sent a second time, by service.");
    describe_gauge!("rpc_client_breaker_open", "1 while the circuit to a service is open.");
}
