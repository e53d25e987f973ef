//! The OpenAPI 3.1 document, made from the types that the operations are made of.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde_json::json;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::info::{InfoBuilder, LicenseBuilder};
use utoipa::openapi::path::{HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ComponentsBuilder, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, OpenApi, OpenApiBuilder, Paths, Ref, RefOr, Required};
use utoipa::{IntoParams as _, ToSchema};

use super::endpoint::{Answer as _, Body as _, Endpoint, Headers as _, Query as _};
use super::json::MEDIA_TYPE;
use super::problem::{self, Details};

const ABOUT: &str = "Links, their clicks and API keys over HTTP. `docs/rest.md` is the guide. \
    Every operation but `getOpenApi` needs a credential. Every refusal is `application/problem+json`. \
    `x-units` is what an operation takes out of the caller's bucket; the headers `RateLimit` and `RateLimit-Policy` tell what is left.";
/// The name of the response that every operation may give.
const PROBLEM: &str = "Problem";

/// Schemas that are referred to, by name.
#[derive(Default)]
pub struct Schemas(Vec<(String, RefOr<Schema>)>);

/// Refers to the schema of `T`, which becomes part of the document with all that it refers to.
pub fn reference<T: ToSchema>(schemas: &mut Schemas) -> RefOr<Schema> {
    schemas.0.push((T::name().into_owned(), T::schema()));
    T::schemas(&mut schemas.0);
    Ref::from_schema_name(T::name()).into()
}

/// A way in which an operation succeeds.
pub struct Success {
    status: StatusCode,
    response: ResponseBuilder,
}

impl Success {
    /// With a body in JSON.
    pub fn json<T: ToSchema>(status: StatusCode, description: &str, schemas: &mut Schemas) -> Self {
        let content = Content::new(Some(reference::<T>(schemas)));
        let Self { status, response } = Self::empty(status, description);
        Self { status, response: response.content(MEDIA_TYPE, content) }
    }

    /// With bytes of some media types.
    pub fn bytes(status: StatusCode, description: &str, media_types: &[&str]) -> Self {
        let Self { status, mut response } = Self::empty(status, description);
        for media_type in media_types {
            // In OpenAPI 3.1 a body that is no text has no schema.
            response = response.content(*media_type, Content::default());
        }
        Self { status, response }
    }

    /// Without a body.
    pub fn empty(status: StatusCode, description: &str) -> Self {
        Self { status, response: ResponseBuilder::new().description(description) }
    }

    /// With a header.
    #[must_use]
    pub fn header(self, name: &str, description: &str) -> Self {
        Self { response: self.response.header(name, text(description)), ..self }
    }
}

/// The document while it grows.
pub struct Document {
    paths: Paths,
    schemas: Schemas,
}

impl Document {
    /// Without an operation.
    pub fn new() -> Self {
        Self { paths: Paths::new(), schemas: Schemas::default() }
    }

    /// With one operation more.
    #[must_use]
    pub fn with<E: Endpoint>(mut self) -> Self {
        let told = E::OPERATION;
        let path = E::Path::into_params(|| Some(ParameterIn::Path));
        let parameters: Vec<Parameter> = path
            .into_iter()
            .chain(E::Query::parameters())
            .chain(E::Headers::parameters())
            .chain([request_id()])
            .collect();
        let mut operation = OperationBuilder::new()
            .operation_id(Some(told.id))
            .tag(told.tag)
            .summary(Some(told.summary))
            .parameters(Some(parameters))
            .request_body(E::Body::describe(&mut self.schemas))
            .extensions(Some(ExtensionsBuilder::new().add("x-units", told.units()).build()));
        if !told.about.is_empty() {
            operation = operation.description(Some(told.about));
        }
        if told.public {
            operation = operation.securities(Some([SecurityRequirement::default()]));
        }
        for Success { status, response } in E::Answer::describe(&mut self.schemas) {
            let response = response
                .header("RateLimit", text("What is left in the caller's bucket, `r` units, all back in `t` seconds."))
                .header("RateLimit-Policy", text("The bucket: `q` units in `w` seconds."))
                .header("X-Request-Id", text("Names the request."));
            operation = operation.response(status.as_str(), response.build());
        }
        for errors in ["4XX", "5XX"] {
            operation = operation.response(errors, RefOr::<Response>::Ref(Ref::from_response_name(PROBLEM)));
        }
        self.paths.add_path_operation(told.path, vec![method(&told.method)], operation.build());
        self
    }

    /// The whole.
    pub fn finish(mut self) -> OpenApi {
        let problem = ResponseBuilder::new()
            .description("Why there is no answer: RFC 9457. `code` is one of a closed list, `errors` names fields.")
            .content(problem::MEDIA_TYPE, Content::new(Some(reference::<Details<'_>>(&mut self.schemas))))
            .header("Retry-After", text("Seconds to wait, where waiting helps."))
            .header("X-Request-Id", text("Names the request."))
            .build();
        // By name, so that the document does not depend on the order of the operations.
        let schemas: BTreeMap<_, _> = self.schemas.0.into_iter().collect();
        let components = ComponentsBuilder::new()
            .schemas_from_iter(schemas)
            .response(PROBLEM, problem)
            .security_scheme("bearer", bearer())
            .security_scheme("apiKey", SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-Api-Key"))))
            .security_scheme(
                "cookie",
                SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("__Host-curtail_access"))),
            )
            .build();
        let license = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build();
        let info = InfoBuilder::new()
            .title("Curtail")
            .version(env!("CARGO_PKG_VERSION"))
            .description(Some(ABOUT))
            .license(Some(license))
            .build();
        let any_of = ["bearer", "apiKey", "cookie"].map(|name| SecurityRequirement::new(name, [""; 0]));
        OpenApiBuilder::new().info(info).paths(self.paths).components(Some(components)).security(Some(any_of)).build()
    }
}

fn bearer() -> SecurityScheme {
    let about = "An access token (`v4.public.…`) or an API key (`ck_live_…`).";
    SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(about)).build())
}

fn request_id() -> Parameter {
    let id = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[A-Za-z0-9._-]{1,64}$")).build();
    ParameterBuilder::new()
        .name("X-Request-Id")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("Names the request in our log; without it we choose one."))
        .schema(Some(id))
        .example(Some(json!("import-2026-11-21.7")))
        .build()
}

fn text(description: &str) -> Header {
    let text = ObjectBuilder::new().schema_type(Type::String).build();
    HeaderBuilder::new().schema(Some(text)).description(Some(description)).build()
}

fn method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}
