//! The bounds of documents: what our schema and the configuration say to the crate `curtail-graphql-http`.

use curtail_graphql_http::{Limits, Lookup, PersistedSettings, Policy};

/// Root fields of mutations that take a password, a token or a code, or make one. Trying many in one request is guessing.
pub const CREDENTIAL_MUTATIONS: &[&str] = &[
    "register",
    "verifyEmail",
    "resendVerification",
    "requestPasswordReset",
    "resetPassword",
    "login",
    "refreshSession",
    "logout",
    "changePassword",
    "eraseAccount",
    "createApiKey",
    "setPhoneNumber",
    "confirmPhoneNumber",
];

/// Public root fields. All others need a signed-in caller, and to strangers they are no different from names that do not
/// exist (S17).
pub const OPEN_FIELDS: &[&str] = &[
    "__schema",
    "__type",
    "__typename",
    "version",
    "viewer",
    "register",
    "login",
    "refreshSession",
    "logout",
    "generatePassword",
    "estimatePassword",
    "verifyEmail",
    "resendVerification",
    "requestPasswordReset",
    "resetPassword",
];

/// Those of them that are null for strangers, whatever is selected below.
const HIDDEN_FIELDS: &[&str] = &["viewer"];

/// Types of the arguments of those fields.
pub const OPEN_INPUTS: &[&str] = &["Boolean", "ID", "Int", "String", "LoginInput", "RegisterInput"];

/// The bounds of the configuration, with the fields that our schema treats specially.
pub fn from_config(config: &curtail_config::Gateway) -> Limits {
    Limits {
        max_tokens: config.max_tokens,
        max_document_bytes: config.max_document_bytes,
        max_recursion: config.max_recursion,
        max_depth: config.max_depth,
        max_selections: config.max_selections,
        max_aliases: config.max_aliases,
        max_root_fields: config.max_root_fields,
        max_credential_mutations: config.max_credential_mutations,
        max_directives: config.max_directives,
        max_directives_per_field: config.max_directives_per_field,
        max_cost: config.max_cost,
        max_page: config.max_page,
        policy: Policy {
            credential_mutations: CREDENTIAL_MUTATIONS,
            open_fields: OPEN_FIELDS,
            hidden_fields: HIDDEN_FIELDS,
            open_inputs: OPEN_INPUTS,
        },
    }
}

/// What the keys `gateway.persisted_*` say.
///
/// - `gateway_persisted_queries_total{outcome}`: documents that were `found`, `missing`, `learned` or in the `manifest`
pub(crate) fn persisted(config: &curtail_config::Gateway) -> PersistedSettings {
    PersistedSettings {
        only: config.persisted_only,
        entries: config.persisted_query_entries,
        max_bytes: config.persisted_query_bytes,
        on_lookup: |lookup| {
            let outcome = match lookup {
                Lookup::Found => "found",
                Lookup::Missing => "missing",
                Lookup::Registered => "learned",
                Lookup::Manifest => "manifest",
            };
            metrics::counter!("gateway_persisted_queries_total", "outcome" => outcome).increment(1);
        },
    }
}

#[cfg(test)]
mod tests {
    use curtail_graphql_http::SchemaFields;

    use super::*;

    #[test]
    fn every_credential_mutation_is_in_the_schema() {
        let fields = SchemaFields::from_sdl(&crate::schema::sdl()).unwrap();
        for name in CREDENTIAL_MUTATIONS {
            assert!(fields.all().iter().any(|field| field.on == "Mutation" && field.name == *name), "{name}");
        }
    }
}
