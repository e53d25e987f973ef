//! Logs, metrics and traces of one process.
//!
//! [`init`] is called once by a main. Everything else works without it, so that tests need no set-up: log events go nowhere,
//! metrics are recorded as soon as someone renders them, and no trace is sampled.
//!
//! Never log an address of a visitor, a password, a token or a full destination.

mod logs;
mod prometheus;
mod propagation;
mod request_id;
mod traces;

pub use prometheus::render as render_metrics;
pub use propagation::{current_traceparent, set_parent};
pub use request_id::{REQUEST_ID_HEADER, RequestId};

/// Keeps the exporters alive; dropping it sends what is still queued.
#[must_use = "dropping the guard ends the export of traces"]
pub struct Guard {
    traces: Option<opentelemetry_sdk::trace::SdkTracerProvider>,
}

/// Installs the TLS provider, the metrics recorder, the trace exporter when an endpoint is set, the log output on standard
/// error, and a panic hook that logs. Once per process, inside of a Tokio runtime.
///
/// # Errors
/// A malformed filter or endpoint, or a second call.
pub fn init(service: &'static str, settings: &curtail_config::Telemetry) -> anyhow::Result<Guard> {
    // One provider for everything that speaks TLS. A second installation fails and changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    prometheus::install();
    let traces = traces::exporter(service, &settings.otlp_endpoint)?;
    logs::install(service, settings, traces.as_ref())?;
    logs::log_panics();
    metrics::gauge!("build_info", "service" => service, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(Guard { traces })
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(traces) = self.traces.take() {
            // Nothing can be done about spans that the collector does not take any more.
            let _ = traces.shutdown();
        }
    }
}
