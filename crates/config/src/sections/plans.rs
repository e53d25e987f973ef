//! Section `plans`.

use serde::Deserialize;

/// What workspaces may use, by plan.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plans {
    /// The free plan.
    pub free: Plan,
    /// The pro plan.
    pub pro: Plan,
    /// The enterprise plan.
    pub enterprise: Plan,
}

/// The quotas of one plan.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Links that a workspace may create in a calendar month.
    pub links_per_month: u64,
    /// API keys of a workspace.
    pub api_keys: u32,
    /// Requests per minute of one principal.
    pub requests_per_minute: u32,
}
