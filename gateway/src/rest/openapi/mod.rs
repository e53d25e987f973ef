//! The OpenAPI 3.1 document, made from the types that the operations are made of.

mod schemas;
mod success;

use http::Method;
use utoipa::IntoParams as _;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::info::{InfoBuilder, LicenseBuilder};
use utoipa::openapi::path::{HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ComponentsBuilder, Object, ObjectBuilder, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, OpenApi, OpenApiBuilder, Paths, Ref, RefOr, Required};

pub use self::schemas::{Schemas, reference};
use self::schemas::{answered, without_null};
pub use self::success::Success;
use self::success::text;
use super::endpoint::{Answer as _, Body as _, Endpoint, Headers as _, Query as _};
use super::problem::{self, Details};

const ABOUT: &str = "Links, their clicks and API keys over HTTP. `docs/use/rest.md` is the guide. \
    Every operation but `getOpenApi` needs a credential. Every refusal is `application/problem+json`. \
    `x-units` is what an operation takes out of the caller's bucket; the headers `RateLimit` and `RateLimit-Policy` tell what is left.";
/// The name of the response that every operation may give.
const PROBLEM: &str = "Problem";

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
        let query = E::Query::parameters().into_iter().map(|mut parameter| {
            parameter.schema = parameter.schema.map(without_null);
            parameter
        });
        let headers = E::Headers::parameters();
        let parameters: Vec<Parameter> = path.into_iter().chain(query).chain(headers).chain([request_id()]).collect();
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
        for (status, response) in E::Answer::describe(&mut self.schemas).into_iter().map(Success::finish) {
            operation = operation.response(status.as_str(), response);
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
            .content(problem::MEDIA_TYPE, Content::new(Some(answered::<Details<'_>>(&mut self.schemas))))
            .header("Retry-After", text("Seconds to wait, where waiting helps."))
            .header("X-Request-Id", text("Names the request."))
            .build();
        let components = ComponentsBuilder::new()
            .schemas_from_iter(self.schemas.into_sorted())
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
    header_parameter("X-Request-Id", "Names the request in our log; without it we choose one.", id)
}

/// A header that a request may have.
pub fn header_parameter(name: &str, description: &str, schema: Object) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

fn method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}
