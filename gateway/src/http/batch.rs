//! Several operations in one body, where the configuration allows it (`gateway.max_batch`).
//!
//! Each is held to the bounds of an operation and paid for. They are executed one after the other and answered in their order;
//! one that is refused does not keep the others from being executed.

use async_graphql::parser::types::OperationType;
use curtail_graphql_http::{Operation, Params, RequestError};
use serde_json::{Value, json};

use super::errors::{Detail, present};
use super::operation;
use super::operation_log::{self, OperationGuard};
use super::response;
use crate::app::App;
use crate::error::{Code, Refusal};
use crate::request::RequestContext;

/// Operations that were looked at.
pub struct Batch(Vec<Result<Operation, Refusal>>);

impl Batch {
    /// Checks each of them, as [`operation::check`] does.
    ///
    /// # Errors
    /// `TOO_MANY_CREDENTIAL_MUTATIONS`: what one operation may not do, a batch may not do either.
    pub fn check(app: &App, members: Vec<Result<Params, RequestError>>, stranger: bool) -> Result<Self, Refusal> {
        let check = |params: Result<Params, RequestError>| one(app, params?, stranger);
        let batch = Self(members.into_iter().map(check).collect());
        let credentials: u64 = batch.operations().map(|operation| operation.plan.credential_mutations).sum();
        let most = app.settings.max_credential_mutations;
        if credentials > most as u64 {
            let message = "there are more mutations that take a credential than allowed";
            return Err(Refusal::new(Code::CredentialMutations, message).limit(most));
        }
        Ok(batch)
    }

    /// Those that can be executed.
    fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.0.iter().filter_map(|member| member.as_ref().ok())
    }

    /// Whether there is nothing but mutations that take a credential.
    pub fn only_credentials(&self) -> bool {
        self.operations().all(|operation| operation.plan.only_credentials)
    }

    /// What all of them may cost.
    pub fn cost(&self) -> u64 {
        self.operations().map(|operation| operation.plan.cost).sum()
    }

    /// What all of them take out of the caller's bucket; one that is refused takes as much as the cheapest.
    pub fn tokens(&self) -> u64 {
        self.0.iter().map(|member| member.as_ref().map_or(1, operation::tokens)).sum()
    }

    /// Executes them.
    pub async fn execute(self, app: &App, context: &RequestContext, detail: Detail) -> Vec<Value> {
        let id = context.call.request_id.as_ref().map_or("", |id| id.as_str());
        let mut answers = Vec::with_capacity(self.0.len());
        for member in self.0 {
            let operation =
                member.and_then(|operation| operation::check_caller(&operation, detail).map(|()| operation));
            answers.push(match operation {
                Ok(operation) => {
                    let counted = operation::count(&operation, app, context);
                    let mut log = OperationGuard::begin(&operation, "batch", context, counted);
                    let mut executed =
                        app.schema.execute(operation::into_request(operation, app, context, detail)).await;
                    log.answered(&present(&mut executed, id, detail));
                    serde_json::to_value(&executed).unwrap_or_default()
                }
                Err(refusal) => {
                    operation_log::refused(id, "batch", refusal.code);
                    json!({"errors": response::errors(&refusal, id)})
                }
            });
        }
        answers
    }
}

fn one(app: &App, params: Params, stranger: bool) -> Result<Operation, Refusal> {
    let operation = operation::check(app, params, stranger)?;
    match operation.plan.kind {
        OperationType::Subscription => Err(Refusal::new(Code::ValidationFailed, "a batch has no subscriptions")),
        OperationType::Query | OperationType::Mutation => Ok(operation),
    }
}
