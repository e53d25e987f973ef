//! Section `notify`.

use std::net::SocketAddr;

use serde::Deserialize;

use crate::{ConfigErrors, Secret, forms};

/// notify-svc.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// Address and port for gRPC; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Address and port for /health/live, /health/ready and /metrics.
    pub admin_listen: SocketAddr,
    /// Secret: 32 bytes in hexadecimal. Signs unsubscribe addresses of mails and seals the secrets of webhooks.
    pub master_key: Secret,
    /// Who mails come from, as "Name <address>".
    pub mail_from: String,
    /// Secret: the mail server, as smtps://user:password@host, smtp://user:password@host?tls=required or smtp://host. Empty:
    /// mails become files in mailbox_dir.
    pub smtp_url: Secret,
    /// Address before /2010-04-01 of an API that takes text messages as Twilio's does. Empty: text messages become files in
    /// mailbox_dir.
    pub sms_url: String,
    /// The account at that API.
    pub sms_account: String,
    /// Secret: the password of that account. Processes that send no text messages need none.
    pub sms_token: Secret,
    /// Who text messages come from: a telephone number, or a messaging service of Twilio.
    pub sms_from: String,
    /// Directory for mails when there is no mail server, and for text messages when there is no API for them.
    pub mailbox_dir: String,
    /// Mails on their way at once; text messages too.
    pub mail_in_flight: usize,
    /// How long the mail server may take for one mail, and the API for one text message.
    pub mail_timeout_ms: u64,
    /// A message that could not be sent for so long is given up.
    pub give_up_hours: i64,
    /// How long it is remembered that a message was sent, in days.
    pub keep_days: i64,
}

impl Notify {
    pub(crate) fn check(&self, errors: &mut ConfigErrors) {
        forms::listeners(errors, "notify", self.listen, self.admin_listen);
        forms::key32(errors, "notify.master_key", &self.master_key);
        if !self.smtp_url.is_empty() {
            forms::store_url(errors, "notify.smtp_url", &self.smtp_url, &["smtp", "smtps"]);
        }
        if self.mailbox_dir.is_empty() {
            errors.add("notify.mailbox_dir", "must name a directory");
        }
        self.check_sms(errors);
    }

    /// The settings of text messages stand together. The token is not asked for here: it is notify-svc's alone, and the others
    /// read the same file without it.
    fn check_sms(&self, errors: &mut ConfigErrors) {
        if self.sms_url.is_empty() {
            return;
        }
        forms::base_url(errors, "notify.sms_url", &self.sms_url);
        let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if self.sms_account.is_empty() || !is_name(&self.sms_account) {
            errors.add("notify.sms_account", "is needed with notify.sms_url: letters, digits, - and _");
        }
        if self.sms_from.is_empty() {
            errors.add("notify.sms_from", "is needed with notify.sms_url");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Config, ConfigErrors};

    /// The keys that are blamed.
    fn blamed(change: impl FnOnce(&mut super::Notify)) -> Vec<String> {
        let mut settings = Config::for_tests().notify;
        (settings.sms_url, settings.sms_account) = ("https://api.twilio.com".into(), "AC0f".into());
        settings.sms_from = "+15005550006".into();
        change(&mut settings);
        let mut errors = ConfigErrors::default();
        settings.check(&mut errors);
        errors.problems().iter().map(|problem| problem.key.clone()).collect()
    }

    #[test]
    fn the_settings_of_text_messages_stand_together() {
        assert!(blamed(|_| ()).is_empty());
        assert!(blamed(|s| s.sms_url = "http://sms.internal:8080/api/laml".into()).is_empty());
        assert!(blamed(|s| s.sms_url.clear()).is_empty(), "without the address nothing is asked for");
        assert_eq!(blamed(|s| s.sms_account.clear()), ["notify.sms_account"]);
        assert_eq!(blamed(|s| s.sms_account = "AC/../x".into()), ["notify.sms_account"]);
        assert_eq!(blamed(|s| s.sms_from.clear()), ["notify.sms_from"]);
        for url in ["api.twilio.com", "ftp://x", "https://user:word@x", "https://x/?a=b", "https://x/#a", "https://x/"]
        {
            assert_eq!(blamed(|s| s.sms_url = url.into()), ["notify.sms_url"], "{url}");
        }
    }
}
