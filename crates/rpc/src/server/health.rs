//! `grpc.health.v1`, which follows readiness.

use curtail_lifecycle::{Readiness, Shutdown};
use tonic_health::{
    ServingStatus,
    pb::health_server::{Health, HealthServer},
    server::HealthReporter,
};

/// The health service of a server with these services; `""` stands for the server as a whole.
pub(crate) async fn service(
    services: Vec<&'static str>,
    readiness: Readiness,
    shutdown: Shutdown,
) -> HealthServer<impl Health> {
    let (reporter, service) = tonic_health::server::health_reporter();
    report(&reporter, &services, readiness.is_ready()).await;
    tokio::spawn(follow(reporter, services, readiness, shutdown));
    service
}

/// Watchers see NOT_SERVING before the listener closes: stopping comes before draining.
async fn follow(reporter: HealthReporter, services: Vec<&'static str>, readiness: Readiness, shutdown: Shutdown) {
    let mut ready = readiness.watch();
    loop {
        let is_ready = *ready.borrow_and_update();
        report(&reporter, &services, is_ready).await;
        tokio::select! {
            changed = ready.changed() => if changed.is_err() { return },
            () = shutdown.stopping() => return report(&reporter, &services, false).await,
        }
    }
}

async fn report(reporter: &HealthReporter, services: &[&'static str], ready: bool) {
    let status = if ready { ServingStatus::Serving } else { ServingStatus::NotServing };
    for service in services.iter().copied().chain([""]) {
        reporter.set_service_status(service, status).await;
    }
}
