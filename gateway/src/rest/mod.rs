//! The REST API: operations over the same services, with the same credentials and limits, as GraphQL.
//!
//! Each operation is an [`Endpoint`](endpoint::Endpoint) in a file of its own. The list below is the only one there is: the routes, the
//! [table of operations](OPERATIONS) and the [OpenAPI document](document) are made from it.

mod analytics;
mod api_keys;
mod code_stats;
mod endpoint;
mod etag;
mod export;
mod fault;
mod idempotency;
mod json;
mod links;
mod openapi;
mod openapi_json;
mod operation;
mod paging;
mod problem;
mod qr;
mod query;
mod router;
mod search;
mod shorten;
mod tags;

use axum::Router;
use utoipa::openapi::OpenApi;

pub use operation::Operation;
pub use problem::Problem;

use crate::app::App;
use endpoint::Endpoint;

/// Declares the operations once.
macro_rules! operations {
    ($($endpoint:ty),+ $(,)?) => {
        /// All operations of the REST API.
        pub const OPERATIONS: &[Operation] = &[$(<$endpoint as Endpoint>::OPERATION),+];

        fn registered() -> Router<App> {
            let router = Router::new();
            $(let router = router::add::<$endpoint>(router);)+
            router
        }

        /// The OpenAPI document, as it is checked in at `gateway/openapi.json`.
        pub fn document() -> OpenApi {
            openapi::Document::new()$(.with::<$endpoint>())+.finish()
        }
    };
}

operations![
    links::create::CreateLink,
    links::list::ListLinks,
    links::bulk::CreateLinks,
    links::bulk_change::UpdateLinks,
    links::bulk_change::DeleteLinks,
    links::get::GetLink,
    links::update::UpdateLink,
    links::delete::DeleteLink,
    links::restore::RestoreLink,
    links::takedown::BlockLink,
    links::takedown::ReleaseLink,
    tags::RenameTag,
    tags::MergeTag,
    tags::DeleteTag,
    links::stats::GetLinkStats,
    qr::GetLinkQr,
    analytics::stats::GetStats,
    search::SearchLinks,
    api_keys::list::ListApiKeys,
    api_keys::create::CreateApiKey,
    api_keys::revoke::RevokeApiKey,
    export::ExportClicks,
    shorten::Shorten,
    code_stats::GetCodeStats,
    openapi_json::GetOpenApi,
];

/// The routes of all operations.
pub fn router() -> Router<App> {
    registered().method_not_allowed_fallback(router::no_such_method)
}

/// Whether a path belongs to this API, also where nothing is at it: then a refusal is a problem.
pub fn is_asked(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    OPERATIONS.iter().any(|operation| operation.path.trim_start_matches('/').split('/').next() == Some(first))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Clients are generated from this file. `UPDATE=1 cargo test -p gateway --lib openapi` rewrites it.
    #[test]
    fn the_checked_in_openapi_document_is_in_step() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
        let json = document().to_pretty_json().unwrap() + "\n";
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &json).unwrap();
        }
        let checked_in = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            checked_in == json,
            "openapi.json is behind the code; run UPDATE=1 cargo test -p gateway --lib openapi"
        );
    }

    #[test]
    fn every_path_of_this_api_has_an_operation_and_the_other_way_round() {
        let paths: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.path).collect();
        let reserved = curtail_routes::gateway::ALL.iter().copied().filter(|path| is_asked(path));
        assert_eq!(paths, reserved.collect());
        assert!(
            curtail_routes::gateway::ALL
                .iter()
                .all(|path| is_asked(path) == (path.starts_with("/v1/") || paths.contains(path)))
        );
        let ids: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.id).collect();
        assert_eq!(ids.len(), OPERATIONS.len());
    }

    /// `UPDATE=1 cargo test -p gateway --lib operations` rewrites the table.
    #[test]
    fn the_documented_table_of_operations_is_in_step() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/use/rest.md");
        let guide = std::fs::read_to_string(path).unwrap();
        let (before, rest) = guide.split_once("-->\n").unwrap();
        let (_, after) = rest.split_once("<!-- /operations").unwrap();
        let mut table = "| operation | | units | does |\n|---|---|---|---|\n".to_owned();
        for operation in OPERATIONS {
            let Operation { id, method, path, summary, .. } = operation;
            table += &format!("| `{id}` | `{method} {path}` | {} | {summary} |\n", operation.units());
        }
        let expected = format!("{before}-->\n{table}<!-- /operations{after}");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &expected).unwrap();
        }
        assert!(
            guide == expected || std::env::var_os("UPDATE").is_some(),
            "docs/use/rest.md is behind the code; run with UPDATE=1"
        );
    }

    #[test]
    fn refusals_of_this_api_are_known_by_their_path() {
        for ours in ["/v1", "/v1/", "/v1/nothing", "/shorten", "/stats/a"] {
            assert!(is_asked(ours), "{ours}");
        }
        for other in ["/", "/graphql", "/v10", "/v2/links", "/assets/v1"] {
            assert!(!is_asked(other), "{other}");
        }
    }
}
