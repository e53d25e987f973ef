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
        Self::load_over(&Variables::new())
    }

    /// Like [`Config::load_for_tools`], over variables that hold where the environment of this process says nothing. The
    /// launcher hands its own settings to commands in this way.
    ///
    /// # Errors
    /// Everything that is wrong, with the names of the keys.
    pub fn load_over(below: &Variables) -> Result<Self, ConfigErrors> {
        assemble(&overlay(below, &process_variables()))
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
                "notify.master_key" => &self.notify.master_key,
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

/// The environment of this process. Variables that are not Unicode can not be ours.
fn process_variables() -> Variables {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// `above` over `below`; a value above also hides the file of the same secret below, and the other way round.
fn overlay(below: &Variables, above: &Variables) -> Variables {
    let plain = |name: &str| name.strip_suffix("_FILE").unwrap_or(name).to_owned();
    let hidden: Vec<String> = above.keys().map(|name| plain(name)).collect();
    let mut merged: Variables = below.clone();
    merged.retain(|name, _| !hidden.contains(&plain(name)));
    merged.extend(above.clone());
    merged
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

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn problems(pairs: &[(&str, &str)]) -> Vec<String> {
        assemble(&variables(pairs)).unwrap_err().problems().iter().map(|problem| problem.key.clone()).collect()
    }

    #[test]
    fn the_defaults_load_but_a_service_needs_its_secrets() {
        let config = assemble(&Variables::new()).unwrap();
        assert_eq!(config.gateway.listen.port(), 8080);
        let error = config.require_secrets(&["rpc.service_key", "auth.master_key"]).unwrap_err();
        assert_eq!(error.problems().len(), 2);
        assert!(error.to_string().contains("auth.master_key: is not set; give CURTAIL_AUTH__MASTER_KEY"), "{error}");
        Config::for_tests().require_secrets(&SECRETS[2..]).unwrap();
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "[gateway]\nmax_depth = 7\nmax_cost = 70\n[plans.pro]\napi_keys = 9\n").unwrap();
        let config = assemble(&variables(&[
            ("CURTAIL_CONFIG", file.path().to_str().unwrap()),
            ("CURTAIL_GATEWAY__MAX_COST", "71"),
            ("CURTAIL_GATEWAY__DEVELOPMENT", "true"),
            ("CURTAIL_PROXIES__TRUSTED", "[\"10.0.0.0/8\", \"fd00::/8\"]"),
            ("CURTAIL_TELEMETRY__LOG_FILTER", "1"),
            ("CURTAIL_PLANS__FREE__API_KEYS", "3"),
        ]))
        .unwrap();
        assert_eq!((config.gateway.max_depth, config.gateway.max_cost, config.gateway.max_page), (7, 71, 100));
        assert_eq!((config.plans.pro.api_keys, config.plans.free.api_keys), (9, 3));
        assert!(config.gateway.development && config.proxies.trusted.len() == 2);
        assert_eq!(config.telemetry.log_filter, "1");
    }

    #[test]
    fn secrets_come_from_files_too_and_the_usual_names_are_understood() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, format!("{}\n", "ab".repeat(32))).unwrap();
        let path = file.path().to_str().unwrap();
        let config = assemble(&variables(&[
            ("CURTAIL_RPC__SERVICE_KEY_FILE", path),
            ("DATABASE_URL", "postgres://a@b/c"),
            ("REDIS_URL", "redis://weak"),
            ("CURTAIL_REDIS__URL", "redis://strong"),
        ]))
        .unwrap();
        assert_eq!(config.rpc.service_key.key32(), [0xab; 32]);
        assert_eq!(config.database.url.expose(), "postgres://a@b/c");
        assert_eq!(config.redis.url.expose(), "redis://strong");

        assert_eq!(problems(&[("CURTAIL_RPC__SERVICE_KEY_FILE", "/nowhere")]), ["rpc.service_key"]);
        assert_eq!(problems(&[("CURTAIL_GATEWAY__MAX_COST_FILE", path)]), ["gateway.max_cost"]);
        let both = [("DATABASE_URL", "postgres://a@b/c"), ("DATABASE_URL_FILE", path)];
        assert_eq!(problems(&both), ["database.url"]);
    }

    #[test]
    fn variables_of_the_process_hide_those_below_whether_value_or_file() {
        let below = variables(&[("DATABASE_URL_FILE", "/file"), ("REDIS_URL", "redis://below"), ("HOME", "/root")]);
        let above = variables(&[("DATABASE_URL", "postgres://a@b/c"), ("HOME", "/home")]);
        let expected =
            variables(&[("DATABASE_URL", "postgres://a@b/c"), ("HOME", "/home"), ("REDIS_URL", "redis://below")]);
        assert_eq!(overlay(&below, &above), expected);
    }

    #[test]
    fn all_problems_are_found_at_once_and_name_their_keys() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "[gateway]\nmax_dept = 1\nmax_aliases = \"many\"\n[gatway]\nx = 1\n").unwrap();
        let found = problems(&[
            ("CURTAIL_CONFIG", file.path().to_str().unwrap()),
            ("CURTAIL_GATEWAY__LISTEN", "8080"),
            ("CURTAIL_GATEWAY__MAX_COST", "much"),
            ("CURTAIL_PROXIES__TRUSTED", "[\"10.0.0.0/33\"]"),
            ("CURTAIL_REDIRECTOR__SPOOL_DIRECTORY", "/var/spool"),
        ]);
        for key in [
            "gateway.max_dept",
            "gateway.max_aliases",
            "gatway",
            "gateway.listen",
            "gateway.max_cost",
            "proxies.trusted",
            "CURTAIL_REDIRECTOR__SPOOL_DIRECTORY",
        ] {
            assert!(found.iter().any(|name| name == key), "{key} is missing in {found:?}");
        }
        assert_eq!(found.len(), 7, "{found:?}");
    }

    #[test]
    fn relations_and_forms_are_checked_and_secrets_not_quoted() {
        let error = assemble(&variables(&[
            ("CURTAIL_AUTH__MASTER_KEY", "hunter2"),
            ("DATABASE_URL", "mysql://me:hunter2@db/x"),
            ("CURTAIL_DOMAINS__APP_URL", "http://localhost:8080/"),
            ("CURTAIL_RPC__BREAKER_OPEN_MS", "60000"),
            ("CURTAIL_GATEWAY__ADMIN_LISTEN", "127.0.0.1:8080"),
            ("CURTAIL_TELEMETRY__LOG_FORMAT", "xml"),
        ]))
        .unwrap_err();
        let keys: Vec<_> = error.problems().iter().map(|problem| problem.key.as_str()).collect();
        let expected = [
            "database.url",
            "telemetry.log_format",
            "rpc.breaker_open_ms",
            "domains.app_url",
            "auth.master_key",
            "gateway.admin_listen",
        ];
        assert_eq!(keys, expected);
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn every_bound_holds_at_the_edge_and_one_past_it() {
        for key in keys::keys() {
            let Some((low, high)) = key.bounds else { continue };
            for (number, inside) in [(low, true), (high, true), (low - 1, false), (high + 1, false)] {
                let mut errors = ConfigErrors::default();
                let pairs = variables(&[(&key.variable(), &number.to_string())]);
                let document = environment::layer(&keys::keys(), &pairs, &mut errors);
                check::values(&keys::keys(), &document, &mut errors);
                assert_eq!(!errors.names(&key.name), inside, "{} = {number}", key.name);
                // And the type of the field holds all of it.
                if inside {
                    let loaded = Figment::from(Toml::string(crate::DEFAULT)).merge(Serialized::defaults(&document));
                    loaded.extract::<Config>().unwrap_or_else(|error| panic!("{} = {number}: {error}", key.name));
                }
            }
        }
    }

    #[test]
    fn an_unreadable_file_is_one_problem() {
        assert_eq!(problems(&[("CURTAIL_CONFIG", "/nowhere/curtail.toml")]), ["CURTAIL_CONFIG"]);
    }
}
