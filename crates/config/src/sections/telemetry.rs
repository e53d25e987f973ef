//! Section `telemetry`.

use serde::Deserialize;

use crate::{ConfigErrors, forms};

/// Logs and traces.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    /// json or pretty.
    pub log_format: String,
    /// tracing-subscriber filter directives.
    pub log_filter: String,
    /// OTLP/gRPC endpoint for traces, for example http://127.0.0.1:4317. Empty: none.
    pub otlp_endpoint: String,
}

impl Telemetry {
    pub(crate) fn check(&self, errors: &mut ConfigErrors) {
        forms::choice(errors, "telemetry.log_format", &self.log_format, &["json", "pretty"]);
        if !self.otlp_endpoint.is_empty() {
            forms::origin(errors, "telemetry.otlp_endpoint", &self.otlp_endpoint);
        }
    }
}
