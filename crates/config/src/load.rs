//! From the three layers to a checked [`Config`].

use figment::{
    Figment,
    providers::{Format, Serialized, Toml},
};
use toml::Table;

use crate::{
    Config, ConfigErrors, check,
    environment::{self, Variables},
    keys::{self, SECRETS, lookup},
};

impl Config {
    /// Loads and checks the configuration of a service. `rpc.service_key` must be there, as every service needs it; a
    /// service that needs more names it with [`Config::require_secrets`].
    ///
    /// # Errors
    /// Everything that is wrong, with the names of the keys.
    pub fn load() -> Result<Self, ConfigErrors> {
        let config = Self::load_for_tools()?;
        config.require_secrets(&["rpc.service_key"])?;
        Ok(config)
    }

    /// Like [`Config::load`] for tools that talk to no service, such as the migrations: no secret key is demanded.
    ///
    /// # Errors
    /// Everything that is wrong, with the names of the keys.
    pub fn load_for_tools() -> Result<Self, ConfigErrors> {
        // Variables that are not Unicode can not be ours.
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        assemble(&variables)
    }

    /// Checks that secrets without a usable default are set.
    ///
    /// # Errors
    /// Names each of `names` (such as `auth.master_key`) that is empty.
    pub fn require_secrets(&self, names: &[&str]) -> Result<(), ConfigErrors> {
        let mut errors = ConfigErrors::default();
        for key in keys::keys().iter().filter(|key| names.contains(&key.name.as_str())) {
            let secret = match key.name.as_str() {
                "rpc.service_key" => &self.rpc.service_key,
                "auth.master_key" => &self.auth.master_key,
                "redirector.visitor_key" => &self.redirector.visitor_key,
                _ => continue,
            };
            if secret.is_empty() {
                let variable = key.variable();
                errors.add(&key.name, format!("is not set; give {variable} or {variable}_FILE (openssl rand -hex 32)"));
            }
        }
        errors.or(())
    }
}

/// Merges the layers and checks the result as a whole.
pub(crate) fn assemble(variables: &Variables) -> Result<Config, ConfigErrors> {
    let mut errors = ConfigErrors::default();
    let keys = keys::keys();
    let environment = environment::layer(&keys, variables, &mut errors);

    let mut figment = Figment::from(Toml::string(crate::DEFAULT));
    if let Some(path) = variables.get("CURTAIL_CONFIG") {
        figment = figment.merge(Toml::file_exact(path));
    }
    figment = figment.merge(Serialized::defaults(environment));

    let document: Table = match figment.extract() {
        Ok(document) => document,
        Err(error) => {
            for error in error {
                errors.add("CURTAIL_CONFIG", error.to_string());
            }
            return Err(errors);
        }
    };
    check::values(&keys, &document, &mut errors);
    match figment.extract::<Config>() {
        Ok(config) => {
            config.check(&mut errors);
            errors.or(config)
        }
        Err(error) => {
            for error in error {
                blame(error, &document, &mut errors);
            }
            Err(errors)
        }
    }
}

/// Adds what the typed structs refuse beyond the checks of single values.
fn blame(error: figment::Error, document: &Table, errors: &mut ConfigErrors) {
    let key = error.path.join(".");
    if errors.names(&key) || (key.is_empty() && !errors.is_empty()) {
        return;
    }
    // The message of a refused secret would quote it.
    let secret = SECRETS.contains(&key.as_str()) && lookup(document, &key).is_some();
    errors.add(key, if secret { "is not usable".to_owned() } else { error.kind.to_string() });
}
