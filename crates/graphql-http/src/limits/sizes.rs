//! What the schema says about the size of answers: which fields are objects, which are lists, which are paged.

use std::collections::HashMap;

use async_graphql::Value as ConstValue;
use async_graphql::parser::types::{BaseType, FieldDefinition, OperationType, Type, TypeKind, TypeSystemDefinition};
use async_graphql::parser::{self, parse_schema};

/// Arguments that bound the length of a list.
pub(super) const PAGE_ARGUMENTS: &[&str] = &["first", "last"];
/// Length of a page when neither the client nor the schema says.
const UNSAID_PAGE: u64 = 20;

/// A field as far as its cost goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldSize {
    /// Name of the type behind lists and non-null marks.
    pub(super) of: String,
    /// Whether that type has fields of its own; what has none is free.
    pub(super) composite: bool,
    /// Whether there may be many of it.
    pub(super) list: bool,
    /// Page length without `first` and `last`; `None` when the field is not paged.
    pub(super) page: Option<u64>,
}

/// Sizes of all fields of a schema.
#[derive(Debug)]
pub struct Sizes {
    types: HashMap<String, HashMap<String, FieldSize>>,
}

impl Sizes {
    /// Reads them from the schema's own description of itself.
    ///
    /// # Errors
    /// When `sdl` is not a schema.
    pub fn from_sdl(sdl: &str) -> Result<Self, parser::Error> {
        let document = parse_schema(sdl)?;
        let mut fields_by_type = HashMap::new();
        for definition in document.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let fields = match definition.node.kind {
                TypeKind::Object(object) => object.fields,
                TypeKind::Interface(interface) => interface.fields,
                TypeKind::Union(_) => Vec::new(),
                _ => continue,
            };
            fields_by_type.insert(definition.node.name.node.to_string(), fields);
        }
        let types = fields_by_type
            .iter()
            .map(|(name, fields)| {
                let sizes = fields.iter().map(|field| {
                    let size = field_size(&field.node, |of| fields_by_type.contains_key(of));
                    (field.node.name.node.to_string(), size)
                });
                (name.clone(), sizes.collect())
            })
            .collect();
        Ok(Self { types })
    }

    pub(super) fn field(&self, of: &str, field: &str) -> Option<&FieldSize> {
        self.types.get(of)?.get(field)
    }

    /// The type that an operation starts at.
    pub(crate) fn root(kind: OperationType) -> &'static str {
        match kind {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        }
    }
}

fn field_size(field: &FieldDefinition, is_composite: impl Fn(&str) -> bool) -> FieldSize {
    let (of, list) = named_type(&field.ty.node);
    let mut paging = field.arguments.iter().filter(|a| PAGE_ARGUMENTS.contains(&a.node.name.node.as_str())).peekable();
    let page = paging.peek().is_some().then(|| {
        let default = paging.find_map(|argument| match &argument.node.default_value.as_ref()?.node {
            ConstValue::Number(n) => n.as_u64(),
            _ => None,
        });
        default.unwrap_or(UNSAID_PAGE)
    });
    FieldSize { composite: is_composite(of), of: of.to_owned(), list, page }
}

/// The type behind lists and non-null marks, and whether there is a list.
pub(crate) fn named_type(of: &Type) -> (&str, bool) {
    match &of.base {
        BaseType::Named(name) => (name.as_str(), false),
        BaseType::List(item) => (named_type(item).0, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_pages_are_told_apart() {
        let sizes = Sizes::from_sdl(
            "type Query { links(first: Int, last: Int): Links! top(first: Int! = 5): [Link!]! name: String any: Any }
             type Links { edges: [Edge!]! } type Edge { node: Link! } type Link { tags: [String!]! }
             union Any = Link | Edge enum Role { A }",
        )
        .unwrap();
        let size = |of: &str, field: &str| sizes.field(of, field).unwrap().clone();
        let field = |of: &str, composite, list, page| FieldSize { of: of.into(), composite, list, page };
        assert_eq!(size("Query", "links"), field("Links", true, false, Some(UNSAID_PAGE)));
        assert_eq!(size("Query", "top"), field("Link", true, true, Some(5)));
        assert_eq!(size("Query", "name"), field("String", false, false, None));
        assert_eq!(size("Query", "any"), field("Any", true, false, None));
        assert_eq!(size("Links", "edges"), field("Edge", true, true, None));
        assert_eq!(size("Link", "tags"), field("String", false, true, None));
        assert_eq!(sizes.field("Link", "nothing"), None);
    }
}
