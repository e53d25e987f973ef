//! What happens to an operation on its way, whatever it came by: bounds, the caller's bucket, execution.

use std::sync::Arc;

use async_graphql::Response;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _};

use super::mask::{Detail, Masked, mask};
use super::params::Params;
use crate::app::App;
use crate::error::{Code, Refusal};
use crate::limits::{self, Document, Plan};
use crate::live::Vigil;
use crate::rate::shared::units;
use crate::request::RequestContext;
use crate::schema;

/// An operation within the bounds.
pub struct Operation {
    /// As the client sent it.
    pub params: Params,
    /// Its document, parsed.
    pub document: Arc<Document>,
    /// What is known of it before it is executed.
    pub plan: Plan,
}

impl Operation {
    /// Checks the bounds.
    ///
    /// # Errors
    /// The code of the bound that is passed, or that it is no operation at all.
    pub fn check(app: &App, params: Params) -> Result<Self, Refusal> {
        let documents = &app.documents;
        let document = documents.check(&params.query)?;
        let name = params.operation_name.as_deref();
        let plan = limits::plan(&document, name, &params.variables, &app.sizes, documents.limits())?;
        Ok(Self { params, document, plan })
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
        units(self.plan.cost, self.plan.credential_mutations)
    }

    /// Ready for the executor.
    pub fn into_request(self, app: &App, context: &RequestContext, detail: Detail) -> async_graphql::Request {
        let mut request = async_graphql::Request::new(self.params.query).variables(self.params.variables);
        request.operation_name = self.params.operation_name;
        request.set_parsed_query(self.document.parsed.clone());
        if detail == Detail::None {
            request = request.disable_introspection();
        }
        schema::attach(request, &app.upstreams, context).data(context.clone())
    }

    /// Its answers, one after the other; of a query, one.
    pub fn into_answers(
        self,
        app: &App,
        context: &RequestContext,
        vigil: Option<Vigil>,
        detail: Detail,
    ) -> impl Stream<Item = (Response, Masked)> + Send + use<> {
        let mut request = self.into_request(app, context, detail);
        if let Some(vigil) = vigil {
            request = request.data(vigil);
        }
        let id = context.call.request_id.as_ref().map_or_else(String::new, |id| id.as_str().to_owned());
        let answers: BoxStream<'static, Response> = app.schema.execute_stream(request);
        answers.map(move |mut answer| {
            let masked = mask(&mut answer, &id, detail);
            (answer, masked)
        })
    }
}

/// How much a caller may learn of what does not fit.
pub fn detail(app: &App, signed_in: bool) -> Detail {
    match (app.settings.development, signed_in) {
        (true, _) => Detail::Suggestions,
        (false, true) => Detail::Errors,
        (false, false) => Detail::None,
    }
}
