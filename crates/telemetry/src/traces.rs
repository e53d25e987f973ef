//! Export of spans over OTLP.

use std::time::Duration;

use anyhow::Context as _;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};

/// A batching exporter to `endpoint`, or nothing when it is empty. The exporter connects in the background: a collector that is
/// away costs spans, nothing else.
pub(crate) fn exporter(service: &'static str, endpoint: &str) -> anyhow::Result<Option<SdkTracerProvider>> {
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    if endpoint.is_empty() {
        return Ok(None);
    }
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .with_timeout(Duration::from_secs(2))
        .build()
        .context("telemetry.otlp_endpoint")?;
    let resource = Resource::builder().with_service_name(service).build();
    Ok(Some(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build()))
}
