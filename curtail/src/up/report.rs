//! What the operator sees when everything runs.

use std::path::Path;

use curtail_config::{Config, Service};

/// The table of addresses and what to try next.
pub(crate) fn render(config: &Config, dir: &Path, stores: &[(&str, String)]) -> String {
    let app = &config.domains.app_url;
    let mut rows = vec![
        ("sign in".to_owned(), format!("{app}/login")),
        ("GraphQL".to_owned(), format!("{app}/graphql")),
        ("playground".to_owned(), format!("{app}/playground")),
        ("short links".to_owned(), format!("{}/…", config.domains.default_base_url)),
    ];
    if config.notify.smtp_url.is_empty() {
        rows.push(("mails".to_owned(), config.notify.mailbox_dir.clone()));
    }
    rows.extend(stores.iter().map(|(name, address)| ((*name).to_owned(), address.clone())));
    if !config.search.elasticsearch_url.is_empty() {
        rows.push(("Elasticsearch".to_owned(), "as ELASTICSEARCH_URL says".to_owned()));
    }
    rows.push((String::new(), String::new()));
    for service in Service::ALL {
        let listen = service.listen(config).map_or_else(String::new, |listen| format!("{listen}   "));
        let admin = service.admin_listen(config);
        rows.push((service.name().to_owned(), format!("{listen}http://{admin}/health/ready, /metrics")));
    }
    let mut text = String::from("\nCurtail is up.\n\n");
    for (name, address) in rows {
        text.push_str(format!("  {name:<12} {address}").trim_end());
        text.push('\n');
    }
    let program = std::env::args().next().unwrap_or_else(|| "curtail".to_owned());
    let dir = dir.display();
    text.push_str(&format!(
        "\nNext:\n  1. Open {app}/login and make an account; it leads on to the playground.\n  \
         2. Run `{program} --dir {dir} demo` in another terminal for an account with links and a month of clicks.\n  \
         3. Run `{program} --dir {dir} doctor` to check every part. Logs are in {dir}/logs.\n\nCtrl-C stops everything.\n"
    ));
    text
}
