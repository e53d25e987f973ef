//! Who is meant, asked of the services that know.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use curtail_proto::auth::v1::auth_service_client::AuthServiceClient;
use curtail_proto::auth::v1::{ListRecipientsRequest, Recipient as Person};
use curtail_proto::links::v1::BatchGetLinksRequest;
use curtail_proto::links::v1::link_service_client::LinkServiceClient;
use curtail_rpc::{CallContext, Channel, Error, ServiceIdentity};

use super::To;
use super::links::title;
use crate::kind::Kind;

/// How long a question may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The people and links that events name by id.
#[derive(Clone)]
pub struct Directory {
    auth: AuthServiceClient<Channel>,
    links: LinkServiceClient<Channel>,
}

/// Someone to write to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Somebody {
    pub(super) user_id: Option<i64>,
    pub(super) address: String,
    pub(super) full_name: String,
}

/// What people know a link by.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) title: String,
    pub(super) short_url: String,
}

impl Directory {
    /// Over channels to auth-svc and shortener-svc.
    ///
    /// # Errors
    /// When a URL of the configuration is none.
    pub fn connect(settings: &curtail_config::Rpc, identity: ServiceIdentity) -> anyhow::Result<Self> {
        let auth = curtail_rpc::connect("auth", &settings.auth_url, settings, identity.clone())?;
        let links = curtail_rpc::connect("links", &settings.links_url, settings, identity)?;
        Ok(Self { auth: AuthServiceClient::new(auth), links: LinkServiceClient::new(links) })
    }

    /// The people that a mail is meant for. Accounts that may not be used are not among them.
    pub(super) async fn people(&self, to: To, kind: Kind, workspace_id: i64) -> Result<Vec<Somebody>, Error> {
        let request = match to {
            To::Account { user_id, address, full_name } => {
                return Ok(vec![Somebody { user_id: Some(user_id), address, full_name }]);
            }
            To::Address(address) => {
                return Ok(vec![Somebody { user_id: None, address, full_name: String::new() }]);
            }
            To::User(id) => ListRecipientsRequest { workspace_id: 0, user_ids: vec![id] },
            // No one is a member of what is no workspace.
            To::Members if workspace_id == 0 => return Ok(Vec::new()),
            To::Members => ListRecipientsRequest { workspace_id, user_ids: Vec::new() },
        };
        let request = CallContext::new(Instant::now() + TIMEOUT).read().request(request);
        let people = self.auth.clone().list_recipients(request).await?.into_inner().recipients;
        // An address that no one has proven may be a stranger's: he only gets what he has to know.
        let people = people.into_iter().filter(|person| person.email_verified || kind.is_required());
        Ok(people.map(Somebody::from).collect())
    }

    /// The names of links; those that are gone are left out. At most 100.
    pub(super) async fn names(&self, ids: Vec<i64>) -> Result<HashMap<i64, Name>, Error> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let request = CallContext::new(Instant::now() + TIMEOUT).read().request(BatchGetLinksRequest { ids });
        let links = self.links.clone().batch_get_links(request).await?.into_inner().links;
        Ok(links.into_iter().map(|link| (link.id, Name { title: title(&link), short_url: link.short_url })).collect())
    }
}

impl From<Person> for Somebody {
    fn from(person: Person) -> Self {
        Self { user_id: Some(person.user_id), address: person.email, full_name: person.full_name }
    }
}
