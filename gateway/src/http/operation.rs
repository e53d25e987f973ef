//! What happens to an operation on its way, whatever it came by: bounds, the caller's bucket, execution.

use std::sync::Arc;

use async_graphql::Response;
use async_graphql::parser::types::OperationType;
use curtail_graphql_http::{Document, Params, Plan, is_closed, plan};
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _};

use super::errors::{Detail, ErrorSummary, present};
use super::followed::Followed;
use crate::app::App;
use crate::auth::CredentialMonitor;
use crate::error::{Code, Refusal};
use crate::rate::shared::tokens;
use crate::request::RequestContext;
use crate::schema;
use crate::usage::Counted;

/// An operation within the bounds.
pub struct Operation {
    /// As the client sent it.
    pub params: Params,
    /// Its name: the one that the client says, or else the one it has in the document.
    pub name: Option<String>,
    /// Its document, parsed.
    pub document: Arc<Document>,
    /// What is known of it before it is executed.
    pub plan: Plan,
}

impl Operation {
    /// Checks the bounds. To a `stranger`, who shows no credential, root fields that are not for everybody are no different
    /// from such that are not there; what an operation costs would tell them apart.
    ///
    /// # Errors
    /// The code of the bound that is passed, or that it is no operation at all; `UNAUTHENTICATED`.
    pub fn check(app: &App, params: Params, stranger: bool) -> Result<Self, Refusal> {
        let documents = &app.documents;
        let document = app.persisted.find(documents, &params.document)?;
        let name = params.operation_name.as_deref();
        if stranger && !app.settings.development && is_closed(&document, name)? {
            return Err(Refusal::sign_in_first());
        }
        let plan = plan(&document, name, &params.variables, &app.shared.sizes, documents.limits())?;
        let name = document.name(name).map(str::to_owned);
        Ok(Self { params, name, document, plan })
    }

    /// Refuses the schema to those who may not see it.
    ///
    /// # Errors
    /// `INTROSPECTION_DISABLED`.
    pub fn check_introspection(&self, detail: Detail) -> Result<(), Refusal> {
        if self.plan.introspects && detail == Detail::None {
            return Err(Refusal::new(Code::IntrospectionDisabled, "sign in to see the schema"));
        }
        Ok(())
    }

    /// What it takes out of the caller's bucket.
    pub fn units(&self) -> u64 {
        tokens(self.plan.cost, self.plan.credential_mutations)
    }

    /// Query, mutation or subscription, for logs and metrics.
    pub fn kind(&self) -> &'static str {
        match self.plan.kind {
            OperationType::Query => "query",
            OperationType::Mutation => "mutation",
            OperationType::Subscription => "subscription",
        }
    }

    /// Counts that it is executed.
    pub fn count(&self, app: &App, context: &RequestContext) -> Counted {
        app.shared.usage.count(&self.document, self.name.as_deref(), self.kind(), context)
    }

    /// Ready for the executor.
    pub fn into_request(self, app: &App, context: &RequestContext, detail: Detail) -> async_graphql::Request {
        // The executor takes the parsed document; nothing looks at the text again.
        let mut request = async_graphql::Request::new("").variables(self.params.variables);
        request.operation_name = self.params.operation_name;
        request.set_parsed_query(self.document.parsed.clone());
        if detail == Detail::None {
            request = request.disable_introspection();
        }
        schema::attach(request, &app.shared.upstreams, context).data(context.clone())
    }

    /// Its answers, one after the other; of a query, one. When they end, what they came to is logged.
    pub fn into_answers(
        self,
        app: &App,
        context: &RequestContext,
        transport: &'static str,
        monitor: Option<CredentialMonitor>,
        detail: Detail,
    ) -> impl Stream<Item = (Response, ErrorSummary)> + Send + use<> {
        let mut log = Followed::begin(&self, transport, context, self.count(app, context));
        let id = context.call.request_id.as_ref().map_or_else(String::new, |id| id.as_str().to_owned());
        let request = match monitor.filter(|_| self.plan.kind == OperationType::Subscription) {
            Some(monitor) => {
                let context = context.clone().lasting(monitor.clone(), app.patience());
                self.into_request(app, &context, detail).data(monitor)
            }
            None => self.into_request(app, context, detail),
        };
        let answers: BoxStream<'static, Response> = app.schema.execute_stream(request);
        answers.map(move |mut answer| {
            let summary = present(&mut answer, &id, detail);
            log.answered(&summary);
            (answer, summary)
        })
    }
}

/// How much a caller may learn of what does not fit.
pub fn detail(app: &App, signed_in: bool) -> Detail {
    if app.settings.development || signed_in { Detail::Errors } else { Detail::None }
}
