//! The services, from outside, and what they need on this machine.

use std::{net::TcpListener, path::Path};

use curtail_config::{Config, Service};

use super::Finding;
use crate::health::{self, Health};

pub(super) async fn check(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    match reqwest::Client::builder().no_proxy().build() {
        Ok(client) => {
            for service in Service::ALL {
                findings.push(of_service(&client, service, config).await);
            }
        }
        Err(error) => findings.push(Finding::bad("services", error.to_string(), "report this")),
    }
    findings.push(geo(&config.analytics.geo_database));
    findings
}

async fn of_service(client: &reqwest::Client, service: Service, config: &Config) -> Finding {
    let (name, admin, listen) = (service.name(), service.admin_listen(config), service.listen(config));
    match health::request(client, admin).await {
        Health::Ready => Finding::good(name, format!("ready on {}", listen.unwrap_or(admin))),
        Health::Waiting(what) => {
            let remedy = "look above for what it waits for, and into its log";
            Finding::bad(name, format!("runs but waits for: {what}"), remedy)
        }
        Health::Unreachable if listen.is_some_and(|listen| TcpListener::bind(listen).is_err()) => Finding::bad(
            name,
            format!("does not answer on {admin}, and something else has its port"),
            format!("stop that, or set CURTAIL_{}__LISTEN", name.to_ascii_uppercase()),
        ),
        Health::Unreachable => Finding::bad(
            name,
            format!("does not answer on {admin}"),
            format!("start `curtail up` or `curtail service {name}`"),
        ),
    }
}

fn geo(file: &str) -> Finding {
    let name = "database of places";
    match file {
        "" => Finding::note(name, "none: places stay unknown; scripts/geo.sh fetches a free one"),
        file if Path::new(file).exists() => Finding::good(name, file),
        file => {
            Finding::bad(name, format!("{file} does not exist"), "run scripts/geo.sh, or empty analytics.geo_database")
        }
    }
}
