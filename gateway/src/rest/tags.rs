//! Operations on tags and the links that carry them.

use curtail_proto::links::v1 as pb;
use http::Method;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::endpoint::{Call, Endpoint, InWorkspace, Input, NoParams};
use super::json::Json;
use super::operation::Operation;
use super::problem::Problem;
use crate::schema::link::Tag;

/// The heading of these operations.
const TAG: &str = "tags";

/// The tag of a path.
#[derive(Debug, Deserialize, IntoParams)]
pub struct TagName {
    /// Without regard to case, percent-encoded.
    name: String,
}

/// A changed tag.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TagChange {
    /// The tag as it is now; null when it was deleted.
    tag: Option<Tag>,
    /// How many links changed.
    link_count: u32,
}

impl TagChange {
    fn new(tag: Option<pb::Tag>, link_count: u32) -> Json<Self> {
        Json(Self { tag: tag.map(Tag::from), link_count })
    }
}

/// Renames a tag.
pub struct RenameTag;

/// A new name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTagName {
    /// The name.
    #[schema(min_length = 1, max_length = 50)]
    name: String,
}

impl Endpoint for RenameTag {
    const OPERATION: Operation = Operation {
        id: "renameTag",
        method: Method::PATCH,
        path: curtail_routes::gateway::TAG,
        tag: TAG,
        summary: "Renames a tag on every link that carries it.",
        about: "",
        cost: 100,
        public: false,
    };
    type Path = TagName;
    type Query = InWorkspace;
    type Headers = NoParams;
    type Body = Json<NewTagName>;
    type Answer = Json<TagChange>;

    async fn call(call: &Call, input: Input<Self>) -> Result<Json<TagChange>, Problem> {
        let workspace_id = call.workspace(input.query.workspace)?;
        let message = pb::RenameTagRequest { workspace_id, name: input.path.name, new_name: input.body.0.name };
        let answer = call.links().rename_tag(call.context.write(message)).await?.into_inner();
        Ok(TagChange::new(answer.tag, answer.links))
    }
}

/// Merges a tag into another one.
pub struct MergeTag;

/// The tag that stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeInto {
    /// Its name; it is created if it is missing.
    #[schema(min_length = 1, max_length = 50)]
    into: String,
}

impl Endpoint for MergeTag {
    const OPERATION: Operation = Operation {
        id: "mergeTag",
        method: Method::POST,
        path: curtail_routes::gateway::TAG_MERGE,
        tag: TAG,
        summary: "Replaces a tag by another one on every link that carries it.",
        about: "",
        cost: 100,
        public: false,
    };
    type Path = TagName;
    type Query = InWorkspace;
    type Headers = NoParams;
    type Body = Json<MergeInto>;
    type Answer = Json<TagChange>;

    async fn call(call: &Call, input: Input<Self>) -> Result<Json<TagChange>, Problem> {
        let workspace_id = call.workspace(input.query.workspace)?;
        let message = pb::MergeTagsRequest { workspace_id, names: vec![input.path.name], into: input.body.0.into };
        let answer = call.links().merge_tags(call.context.write(message)).await?.into_inner();
        Ok(TagChange::new(answer.tag, answer.links))
    }
}

/// Deletes a tag.
pub struct DeleteTag;

impl Endpoint for DeleteTag {
    const OPERATION: Operation = Operation {
        id: "deleteTag",
        method: Method::DELETE,
        path: curtail_routes::gateway::TAG,
        tag: TAG,
        summary: "Removes a tag from every link that carries it.",
        about: "",
        cost: 100,
        public: false,
    };
    type Path = TagName;
    type Query = InWorkspace;
    type Headers = NoParams;
    type Body = NoParams;
    type Answer = Json<TagChange>;

    async fn call(call: &Call, input: Input<Self>) -> Result<Json<TagChange>, Problem> {
        let workspace_id = call.workspace(input.query.workspace)?;
        let message = pb::DeleteTagRequest { workspace_id, name: input.path.name };
        let answer = call.links().delete_tag(call.context.write(message)).await?.into_inner();
        Ok(TagChange::new(None, answer.links))
    }
}
