//! One line per event on standard error.

use anyhow::Context as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::{EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Installs the subscriber: the filter, the chosen format and the bridge to `traces`.
pub(crate) fn install(
    service: &'static str,
    settings: &curtail_config::Telemetry,
    traces: Option<&SdkTracerProvider>,
) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.log_filter)
        .with_context(|| format!("telemetry.log_filter: {:?} is no filter", settings.log_filter))?;
    let format = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let format = if settings.log_format == "json" {
        format.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
    } else {
        format.with_ansi(false).boxed()
    };
    let bridge = traces.map(|provider| tracing_opentelemetry::layer().with_tracer(provider.tracer(service)));
    tracing_subscriber::registry()
        .with(filter)
        .with(format)
        .with(bridge)
        .try_init()
        .context("telemetry is initialised twice in one process")
}

/// Makes a panic one log event, so that it can be found among the others and parsed like them.
pub(crate) fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("a value that is no text");
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
        let backtrace = std::backtrace::Backtrace::capture();
        tracing::error!(message, location, thread, %backtrace, "panic");
    }));
}
