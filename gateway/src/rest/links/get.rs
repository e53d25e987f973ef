//! `GET /v1/links/{id}`.

use curtail_proto::links::v1::link_ref::By;
use http::Method;

use super::answer::{Current, MaybeKnown};
use super::{TAG, find};
use crate::rest::endpoint::{Call, Endpoint, Id, Input, NoParams};
use crate::rest::etag::IfNoneMatch;
use crate::rest::operation::Operation;
use crate::rest::problem::Problem;

/// Reads a link.
pub struct GetLink;

impl Endpoint for GetLink {
    const OPERATION: Operation = Operation {
        id: "getLink",
        method: Method::GET,
        path: curtail_routes::gateway::LINK,
        tag: TAG,
        summary: "Reads a link.",
        about: "Deleted links too, as long as they can be restored.",
        cost: 1,
        public: false,
    };
    type Path = Id;
    type Query = NoParams;
    type Headers = IfNoneMatch;
    type Body = NoParams;
    type Answer = MaybeKnown;

    async fn call(call: &Call, input: Input<Self>) -> Result<MaybeKnown, Problem> {
        let link = find(call, By::Id(input.path.number())).await?;
        Ok(MaybeKnown(Current::unless_known(link, input.headers)))
    }
}
