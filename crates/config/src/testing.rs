//! A configuration for tests.

use crate::{Config, Secret, environment::Variables, load::assemble};

impl Config {
    /// The defaults with fixed secrets, every listener on a free loopback port and cheap password hashes. Tests set the
    /// addresses of their stores themselves.
    ///
    /// # Panics
    /// When the default file does not load, which a test of this crate excludes.
    pub fn for_tests() -> Self {
        let mut config = assemble(&Variables::new()).expect("the default file loads");
        config.rpc.service_key = Secret::new("11".repeat(32));
        config.auth.master_key = Secret::new("22".repeat(32));
        config.redirector.visitor_key = Secret::new("33".repeat(32));
        config.notify.master_key = Secret::new("44".repeat(32));
        config.auth.argon2_memory_kib = 64;
        config.auth.argon2_passes = 1;
        config.auth.private_signup = false;
        config.lifecycle.drain_delay_ms = 0;
        config.lifecycle.drain_timeout_ms = 5000;
        for listen in [
            &mut config.auth.listen,
            &mut config.auth.admin_listen,
            &mut config.shortener.listen,
            &mut config.shortener.admin_listen,
            &mut config.redirector.listen,
            &mut config.redirector.admin_listen,
            &mut config.analytics.listen,
            &mut config.analytics.admin_listen,
            &mut config.search.listen,
            &mut config.search.admin_listen,
            &mut config.notify.listen,
            &mut config.notify.admin_listen,
            &mut config.expiry.admin_listen,
            &mut config.gateway.listen,
            &mut config.gateway.admin_listen,
        ] {
            listen.set_port(0);
        }
        config
    }
}
