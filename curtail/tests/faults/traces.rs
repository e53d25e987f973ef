//! Spans reach an OpenTelemetry collector, and those of one request are one trace through all processes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use curtail_testkit::until;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

use crate::account::Account;
use crate::platform::Platform;

/// The names of the services that took part in each trace.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<BTreeMap<Vec<u8>, BTreeSet<String>>>>);

impl Collector {
    /// Whether the services had a part in one trace together.
    fn has_trace_through(&self, services: [&str; 2]) -> bool {
        let traces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        traces.values().any(|trace| services.iter().all(|service| trace.contains(*service)))
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut traces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for of_process in request.into_inner().resource_spans {
            let attributes = of_process.resource.unwrap_or_default().attributes;
            let name = attributes.into_iter().find(|attribute| attribute.key == "service.name");
            let Some(Value::StringValue(name)) = name.and_then(|a| a.value).and_then(|v| v.value) else { continue };
            for span in of_process.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                traces.entry(span.trace_id).or_default().insert(name.clone());
            }
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_one_trace_through_the_services() {
    let collector = Collector::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    #[expect(clippy::disallowed_methods, reason = "a collector is none of our services")]
    let server = tonic::transport::Server::builder().add_service(TraceServiceServer::new(collector.clone()));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));

    let database = curtail_testkit::database().await;
    let exporting = [("CURTAIL_TELEMETRY__OTLP_ENDPOINT", endpoint)];
    let platform = Platform::start_with(database.url.expose(), &exporting).await;
    let account = Account::register(&platform.gateway).await;
    account.create_links(1).await;

    for service in ["auth", "shortener"] {
        let through = async || collector.has_trace_through(["gateway", service]);
        until(through, Duration::from_secs(30), &format!("a trace of gateway and {service} arrives")).await;
    }
}
