//! Shortens one URL. Tests: `tests/create.rs`.

use curtail_proto::events::v1::Envelope;
use curtail_proto::links::v1::{CreateLinkRequest, CreateLinkResponse};
use curtail_rpc::Error;
use curtail_tokens::{Role, Scope};
use prost::Message as _;
use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;
use tonic::Request;

use crate::app::App;
use crate::code::{self, ATTEMPTS, Alias};
use crate::failure::Failure;
use crate::idempotency::Ticket;
use crate::link::event::Fact;
use crate::link::{Draft, Link};
use crate::refusal;
use crate::store::create_many::PendingInsert;
use crate::store::{codes, create, find, idempotency, usage};
use crate::tags::{self, Tag};

pub(super) async fn handle(app: &App, request: Request<CreateLinkRequest>) -> Result<CreateLinkResponse, Error> {
    let user = curtail_rpc::user(&request)?;
    let workspace = request.get_ref().workspace_id;
    let quota = app.quota(user.require(workspace, Role::Editor, Scope::Write)?);
    let creator = user.user_id;
    let mut request = request.into_inner();
    let now = app.now();
    let key = std::mem::take(&mut request.idempotency_key);
    let ticket = Ticket::read(&key, "CreateLink", workspace, creator, &request)?;
    if let Some(answer) = replay(app, ticket.as_ref(), now).await? {
        return Ok(answer);
    }
    let draft = Draft::check(request.link.unwrap_or_default(), &app.rules, &app.domains, now)?;
    Creation { app, workspace, creator, quota, draft, find_existing: request.find_existing, ticket, now }.run().await
}

/// What the key was answered with before.
async fn replay(app: &App, ticket: Option<&Ticket>, now: OffsetDateTime) -> Result<Option<CreateLinkResponse>, Error> {
    let Some(ticket) = ticket else { return Ok(None) };
    let answer = ticket.recall(app, now).await?;
    Ok(answer.map(|answer: CreateLinkResponse| CreateLinkResponse { existed: true, ..answer }))
}

/// One create on its way.
struct Creation<'a> {
    app: &'a App,
    workspace: i64,
    creator: i64,
    quota: u64,
    draft: Draft,
    find_existing: bool,
    ticket: Option<Ticket>,
    now: OffsetDateTime,
}

impl Creation<'_> {
    async fn run(self) -> Result<CreateLinkResponse, Error> {
        for attempt in 0..ATTEMPTS {
            let code = match &self.draft.alias {
                Some(alias) => alias.as_str().to_owned(),
                None => self.app.codes.draw(attempt, &mut **self.app.rng()),
            };
            let length = code.len();
            let failure = match self.attempt(code).await {
                Ok(response) => {
                    if attempt > 1 && self.draft.alias.is_none() {
                        self.app.codes.settled_at(length);
                    }
                    metrics::counter!("links_created_total").increment(u64::from(!response.existed));
                    self.app.wake_relay();
                    return Ok(response);
                }
                Err(failure) => failure,
            };
            // Whatever stood in the way may be the work of an equal request that was a moment faster.
            if let Some(answer) = replay(self.app, self.ticket.as_ref(), self.now).await? {
                return Ok(answer);
            }
            match (failure.constraint(), &self.draft.alias) {
                (Some(create::CODE_CONSTRAINT), Some(alias)) => return Err(self.alias_taken(alias).await?),
                // A random code that is taken, a key whose first user rolled back, an id that was minted twice after all.
                (Some(_), _) => metrics::counter!("link_create_retries_total").increment(1),
                (None, _) => return Err(failure.into()),
            }
        }
        Err(Error::internal(anyhow::anyhow!("no free code after {ATTEMPTS} tries")))
    }

    /// A plain link takes part of a statement, one with a key a whole one; tags or a search before it take a transaction.
    async fn attempt(&self, code: String) -> Result<CreateLinkResponse, Failure> {
        if self.draft.tags.is_empty() && !self.find_existing {
            if self.ticket.is_none()
                && let Some(response) = self.insert_in_group(code.clone()).await?
            {
                return Ok(response);
            }
            return self.insert(&self.app.pool, code, vec![]).await;
        }
        let mut tx = self.app.pool.begin().await?;
        if self.find_existing
            && let Some(found) = self.find(&mut tx).await?
        {
            tx.commit().await?;
            return Ok(found);
        }
        let tags = tags::resolve(&mut tx, self.workspace, &self.draft.tags, "tags").await?;
        let response = self.insert(&mut *tx, code, tags).await?;
        tx.commit().await?;
        Ok(response)
    }

    async fn find(&self, conn: &mut PgConnection) -> Result<Option<CreateLinkResponse>, Failure> {
        let hash = self.draft.destination.hash();
        find::lock_destinations(&mut *conn, self.workspace, std::iter::once(hash)).await?;
        let found = find::alike(&mut *conn, self.workspace, &[&self.draft], self.now).await?;
        let Some(found) = found.into_iter().next() else { return Ok(None) };
        let response = CreateLinkResponse { link: Some(self.app.message(&found.link, self.now)), existed: true };
        if let Some(ticket) = &self.ticket {
            let answer = ticket.answer(&response);
            idempotency::remember(conn, self.workspace, ticket.key(), &answer, self.now).await?;
        }
        Ok(Some(response))
    }

    /// `None` when something stands in the way; [`Self::insert`] finds out what.
    async fn insert_in_group(&self, code: String) -> Result<Option<CreateLinkResponse>, Error> {
        let (link, response, event) = self.compose(code, vec![])?;
        let payload = event.encode_to_vec();
        let event = (event.event_id, payload);
        let new = PendingInsert { link, event, month: usage::month(self.now), quota: self.quota() };
        Ok(self.app.group_commit.insert(new).await?.then_some(response))
    }

    /// The link with an id of its own, the answer to the caller and the event.
    fn compose(&self, code: String, tags: Vec<Tag>) -> Result<(Link, CreateLinkResponse, Envelope), Error> {
        let id = self.app.next_id()?;
        let link: Link = self.draft.clone().into_link(id, self.workspace, self.creator, code, tags);
        let response = CreateLinkResponse { link: Some(self.app.message(&link, self.now)), existed: false };
        let event = self.app.event(Fact::Created, &link, self.now);
        Ok((link, response, event))
    }

    fn quota(&self) -> i64 {
        self.quota.try_into().unwrap_or(i64::MAX)
    }

    async fn insert(
        &self,
        conn: impl PgExecutor<'_>,
        code: String,
        tags: Vec<Tag>,
    ) -> Result<CreateLinkResponse, Failure> {
        let (link, response, event) = self.compose(code, tags)?;
        let answer = self.ticket.as_ref().map(|ticket| (ticket.key(), ticket.answer(&response)));
        let new = create::NewLink {
            link: &link,
            event: (&event.event_id, &event.encode_to_vec()),
            month: usage::month(self.now),
            slot: self.app.slots.next(),
            quota: self.quota(),
            answer: answer.as_ref().map(|(key, answer)| (*key, answer)),
        };
        match create::insert(conn, new).await? {
            true => Ok(response),
            false => Err(refusal::quota_exceeded(self.quota).into()),
        }
    }

    async fn alias_taken(&self, alias: &Alias) -> Result<Error, Error> {
        let wanted = code::candidates(alias.as_str(), &mut **self.app.rng());
        let mut free = codes::free(&self.app.pool, &self.draft.domain, &wanted).await.map_err(refusal::store)?;
        free.truncate(code::SUGGESTIONS);
        Ok(refusal::alias_taken(&free))
    }
}
