//! What the calls are about: a workspace with members of each role, another one that knows nothing of it, and things that never
//! were.

use std::collections::HashMap;
use std::time::Duration;

use curtail_clock::Clock;
use curtail_config::Config;
use curtail_proto::events::v1::envelope::Payload;
use serde_json::{Value, json};

use super::caller::Who;
use super::session::{Session, login, patiently, register, text};
use crate::platform::{Answer, Platform};

/// In every text of the workspace that the calls are about, and nowhere else.
pub const HOME_MARK: &str = "homemark";
/// In every text of the other workspace.
pub const OTHER_MARK: &str = "othermark";

/// A workspace and what is in it: the numbers and names that calls carry.
#[derive(Clone, Debug)]
pub struct Place {
    pub workspace: String,
    pub link: String,
    pub code: String,
    pub tag: String,
    /// Of a page of links.
    pub cursor: String,
    pub key: String,
    /// The text of a live API key.
    pub secret: String,
    pub webhook: String,
    pub delivery: String,
    pub invitation: String,
    /// From the mail of the invitation.
    pub token: String,
    /// The account of a member.
    pub member: String,
    /// A session of its owner.
    pub session: String,
    /// A refresh token of nobody's session; calls that end one get it.
    pub refresh: String,
}

/// The platform with everybody who calls.
pub struct World {
    pub platform: Platform,
    pub clock: Clock,
    /// What the calls are about.
    pub home: Place,
    /// Someone else's.
    pub other: Place,
    /// Nobody's.
    pub missing: Place,
    pub people: HashMap<Who, Session>,
    pub keys: HashMap<Who, String>,
    /// Credentials of the owner that are not good, each under its name.
    pub broken: Vec<(&'static str, String)>,
    /// An internal token whose time is over.
    pub expired_internal: String,
    _ticking: tokio::task::JoinHandle<()>,
}

impl Drop for World {
    fn drop(&mut self) {
        self._ticking.abort();
    }
}

fn settings(config: &mut Config) {
    for plan in [&mut config.plans.free, &mut config.plans.pro, &mut config.plans.enterprise] {
        (plan.api_keys, plan.requests_per_minute) = (100_000, 10_000_000);
    }
    config.auth.registrations_ip_per_hour = 1_000_000;
    (config.auth.mail_burst, config.auth.mail_per_hour) = (100_000, 100_000);
    (config.auth.login_ip_burst, config.auth.login_account_per_hour) = (100_000, 1_000_000);
    (config.auth.hash_queue_ms, config.auth.internal_token_seconds) = (10_000, 300);
    // The documents ask for all that there is.
    (config.gateway.max_cost, config.gateway.max_depth) = (1_000_000, 50);
    (config.gateway.max_selections, config.gateway.max_tokens) = (10_000, 100_000);
    config.gateway.live_connections_per_user = 1_000;
}

/// Something that was never made.
pub fn nothing() -> Place {
    let id = || "123456789012345".to_owned();
    Place {
        workspace: id(),
        link: id(),
        code: "never-was".into(),
        tag: "never was".into(),
        cursor: String::new(),
        key: id(),
        secret: String::new(),
        webhook: id(),
        delivery: id(),
        invitation: id(),
        token: "A".repeat(43),
        member: id(),
        session: id(),
        refresh: String::new(),
    }
}

impl World {
    /// Starts the platform and makes everything.
    pub async fn start() -> Self {
        // Twenty minutes back, so that the first session is over by now.
        let clock = Clock::manual(Clock::system().now() - time::Duration::minutes(20));
        let platform = Platform::start_at(clock.clone(), settings).await;
        let outdated = register(&platform, "late-homemark@example.org").await;
        let mut world = Self {
            _ticking: tokio::spawn(async {}),
            platform,
            clock,
            home: nothing(),
            other: nothing(),
            missing: nothing(),
            people: HashMap::new(),
            keys: HashMap::new(),
            broken: vec![("an expired access token", outdated.access.clone())],
            expired_internal: String::new(),
        };
        world.expired_internal = world.internal(&outdated.access).await;
        world._ticking = tick(world.clock.clone());
        for who in Who::PEOPLE {
            let mark = if who.is_inside() { HOME_MARK } else { OTHER_MARK };
            let session = register(&world.platform, &format!("{}-{mark}@example.org", who.name())).await;
            world.people.insert(who, session);
        }
        let operator = world.promote(&world.people[&Who::Operator].email).await;
        world.people.insert(Who::Operator, operator);

        world.home = world.furnish(Who::Owner, HOME_MARK).await;
        world.other = world.furnish(Who::Stranger, OTHER_MARK).await;
        // A secret may tell more than none.
        (world.missing.cursor, world.missing.token) = (world.other.cursor.clone(), world.other.token.clone());
        for (who, role) in [(Who::Viewer, "VIEWER"), (Who::Editor, "EDITOR"), (Who::Admin, "ADMIN")] {
            let session = world.people[&who].clone();
            world.join(&session, role).await;
        }
        for who in Who::KEYS {
            let (_, secret) = world.key(Who::Owner, &world.home.workspace, who.name(), HOME_MARK).await;
            world.keys.insert(who, secret);
        }
        world.break_credentials().await;
        world
    }

    /// What `who` shows, each way under its name: one, but for those whose credential is not good.
    pub fn credentials(&self, who: Who) -> Vec<(String, Option<String>)> {
        if who == Who::Broken {
            let named = |(name, credential): &(&str, String)| (format!(" ({name})"), Some(credential.clone()));
            return self.broken.iter().map(named).collect();
        }
        let person = self.people.get(&who).map(|session| session.access.clone());
        vec![(String::new(), person.or_else(|| self.keys.get(&who).cloned()))]
    }

    /// The answer's data to an operation of `who` that has to succeed.
    pub async fn done(&self, who: &Session, query: &str, variables: Value) -> Value {
        let answer = patiently(|| self.platform.post(query, variables.clone()).bearer_auth(&who.access)).await;
        let data = answer.body["data"].clone();
        let payload = data.as_object().and_then(|roots| roots.values().next().cloned()).unwrap_or_default();
        let refused = payload["userErrors"].as_array().is_some_and(|errors| !errors.is_empty());
        assert!(answer.body.get("errors").is_none() && !refused, "{query}: {answer:?}");
        payload
    }

    /// A workspace of `owner` with one of everything, `mark` in every text.
    async fn furnish(&self, owner: Who, mark: &str) -> Place {
        let by = &self.people[&owner];
        let query =
            "mutation($name: String!) { createWorkspace(name: $name) { workspace { id } userErrors { code } } }";
        let made = self.done(by, query, json!({"name": mark})).await;
        let workspace = text(&made["workspace"]["id"]);
        let (key, secret) = self.key(owner, &workspace, "READ", mark).await;
        let link = self.link(by, &workspace, mark).await;
        let page = "query($id: ID!) { workspace(id: $id) { links { edges { cursor } } members { user { id } } } }";
        let page = self.done(by, page, json!({"id": workspace})).await;
        let webhook = self.webhook(by, &workspace, mark).await;
        let query = "mutation($id: ID!) { testWebhook(id: $id) { delivery { id } userErrors { code } } }";
        let delivery = self.done(by, query, json!({"id": webhook})).await;
        let (invitation, token) = self.invite(by, &workspace, &format!("guest-{mark}@example.org"), "VIEWER").await;
        let sessions = self.done(by, "{ viewer { sessions { id } } }", json!({})).await;
        Place {
            workspace,
            link: link.0,
            code: link.1,
            tag: mark.to_owned(),
            cursor: text(&page["links"]["edges"][0]["cursor"]),
            key,
            secret,
            webhook,
            delivery: text(&delivery["delivery"]["id"]),
            invitation,
            token,
            member: text(&page["members"][0]["user"]["id"]),
            session: text(&sessions["sessions"][0]["id"]),
            refresh: String::new(),
        }
    }

    /// A link of the workspace: its number and code.
    pub async fn link(&self, by: &Session, workspace: &str, mark: &str) -> (String, String) {
        let query =
            "mutation($input: CreateLinkInput!) { createLink(input: $input) { link { id code } userErrors { code } } }";
        let input =
            json!({"workspaceId": workspace, "url": format!("https://{mark}.example/"), "title": mark, "tags": [mark]});
        let made = self.done(by, query, json!({"input": input})).await;
        (text(&made["link"]["id"]), text(&made["link"]["code"]))
    }

    /// An API key with one scope: its number and text.
    pub async fn key(&self, owner: Who, workspace: &str, scope: &str, mark: &str) -> (String, String) {
        let query = "mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret apiKey { id } userErrors { code } } }";
        let input = json!({"workspaceId": workspace, "name": mark, "scopes": [scope]});
        let made = self.done(&self.people[&owner], query, json!({"input": input})).await;
        (text(&made["apiKey"]["id"]), text(&made["secret"]))
    }

    /// A webhook that gets nothing.
    pub async fn webhook(&self, by: &Session, workspace: &str, mark: &str) -> String {
        let query = "mutation($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } userErrors { code } } }";
        let url = format!("https://{mark}.example/hook");
        let input = json!({"workspaceId": workspace, "url": url, "description": mark, "events": ["LINK_EXPIRED"]});
        text(&self.done(by, query, json!({"input": input})).await["webhook"]["id"])
    }

    /// An invitation: its number, and the token of its mail.
    pub async fn invite(&self, by: &Session, workspace: &str, email: &str, role: &str) -> (String, String) {
        let query = "mutation($input: InviteMemberInput!) { inviteMember(input: $input) { invitation { id } userErrors { code } } }";
        let input = json!({"workspaceId": workspace, "email": email, "role": role});
        let made = self.done(by, query, json!({"input": input})).await;
        let pick = |payload| match payload {
            Payload::InvitationCreated(fact) if fact.email == email => Some(fact.token),
            _ => None,
        };
        (text(&made["invitation"]["id"]), self.platform.mailed(pick).await)
    }

    /// Makes someone a member of the workspace that the calls are about.
    pub async fn join(&self, session: &Session, role: &str) {
        let (owner, workspace) = (&self.people[&Who::Owner], &self.home.workspace);
        let invited_as = if role == "OWNER" { "ADMIN" } else { role };
        let (_, token) = self.invite(owner, workspace, &session.email, invited_as).await;
        let accept = "mutation($token: String!) { acceptInvitation(token: $token) { userErrors { code } } }";
        self.done(session, accept, json!({"token": token})).await;
        if role == "OWNER" {
            let query =
                "mutation($input: ChangeMemberRoleInput!) { changeMemberRole(input: $input) { userErrors { code } } }";
            let input = json!({"workspaceId": workspace, "userId": session.user, "role": "OWNER"});
            self.done(owner, query, json!({"input": input})).await;
        }
    }

    /// Makes someone an administrator of the platform and signs in again.
    pub async fn promote(&self, email: &str) -> Session {
        auth_svc::admin::promote_user(&self.platform.config, email).await.unwrap();
        // What was issued before is over; our clock runs a few milliseconds behind that of the command line.
        let promoted = Clock::system().now();
        curtail_testkit::until(async || self.clock.now() > promoted, Duration::from_secs(10), "time goes on").await;
        login(&self.platform, email).await
    }

    /// Credentials that were good once, and some that are good elsewhere.
    async fn break_credentials(&mut self) {
        let owner = self.people[&Who::Owner].clone();
        let (id, secret) = self.key(Who::Owner, &self.home.workspace, "ADMIN", HOME_MARK).await;
        let revoke = "mutation($id: ID!) { revokeApiKey(id: $id) { userErrors { code } } }";
        self.done(&owner, revoke, json!({"id": id})).await;
        let ended = login(&self.platform, &owner.email).await;
        self.done(&ended, "mutation { logout { userErrors { code } } }", json!({})).await;
        let internal = self.internal(&owner.access).await;
        let service = super::rpcs::service_token(self);
        for (name, credential) in [
            ("a revoked API key", secret),
            ("an access token of a session that ended", ended.access),
            ("a refresh token", owner.refresh.clone()),
            ("an internal token", internal),
            ("the token of a service", service),
        ] {
            let refused = async || {
                let request = self.platform.post("{ viewer { email } }", json!({})).bearer_auth(&credential);
                Answer::of(request).await.status == 401
            };
            curtail_testkit::until(refused, Duration::from_secs(10), name).await;
            self.broken.push((name, credential));
        }
    }

    /// The internal token that a credential is traded for.
    pub async fn internal(&self, credential: &str) -> String {
        use curtail_proto::auth::v1::{Client, ExchangeRequest, exchange_request::Credential};
        let key = credential.starts_with("ck_");
        let credential = credential.to_owned();
        let credential = if key { Credential::ApiKey(credential) } else { Credential::AccessToken(credential) };
        let client = Some(Client { ip: "192.0.2.1".into(), ..Client::default() });
        let identity =
            curtail_rpc::ServiceIdentity::new("gateway", &self.platform.config.rpc.service_key, self.clock.clone());
        let config = &self.platform.config.rpc;
        let channel = curtail_rpc::connect("auth", &config.auth_url, config, identity).unwrap();
        let mut auth = curtail_proto::auth::v1::auth_service_client::AuthServiceClient::new(channel);
        let call = curtail_rpc::CallContext::new(std::time::Instant::now() + Duration::from_secs(10));
        let request = call.request(ExchangeRequest { credential: Some(credential), client });
        auth.exchange(request).await.unwrap().into_inner().internal_token
    }
}

/// Lets a clock of ours go as that of the machine: ids and revocations need time to pass.
fn tick(clock: Clock) -> tokio::task::JoinHandle<()> {
    clock.set(Clock::system().now());
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(5)).await;
            clock.set(Clock::system().now());
        }
    })
}
