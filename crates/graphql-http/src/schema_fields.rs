//! Which fields of a schema an operation asks for.

use std::collections::{BTreeSet, HashMap, HashSet};

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet, TypeKind, TypeSystemDefinition};
use async_graphql::parser::{self, parse_schema};

use crate::limits::{Sizes, named_type};

/// The fields of all object types of a schema.
#[derive(Debug)]
pub struct SchemaFields {
    types: HashMap<String, HashMap<String, Place>>,
    all: Vec<SchemaField>,
}

/// A field of an object type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaField {
    /// The type that has the field.
    pub on: String,
    /// Its name.
    pub name: String,
    /// Whether the schema marks it as deprecated.
    pub deprecated: bool,
}

/// Where a field is in the list of all, and the type that it leads to.
#[derive(Debug)]
struct Place {
    index: usize,
    of: String,
}

/// The fields that each operation of one document asks for, as indexes into [`SchemaFields::all`].
#[derive(Debug, Default)]
pub struct UsedFields(HashMap<Option<Name>, Box<[usize]>>);

impl UsedFields {
    /// The fields of the operation called `name`; without a name, of the only one.
    pub fn get(&self, name: Option<&str>) -> &[usize] {
        let named = name.and_then(|name| self.0.get(&Some(Name::new(name))));
        named.or_else(|| self.0.values().next()).map_or(&[], |fields| fields)
    }
}

impl SchemaFields {
    /// Reads the fields from the schema definition.
    ///
    /// # Errors
    /// When `sdl` is not a schema.
    pub fn from_sdl(sdl: &str) -> Result<Self, parser::Error> {
        let (mut types, mut all) = (HashMap::new(), Vec::new());
        for definition in parse_schema(sdl)?.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let TypeKind::Object(object) = definition.node.kind else { continue };
            let on = definition.node.name.node.as_str();
            let mut places = HashMap::new();
            for field in object.fields.iter().map(|field| &field.node) {
                let place = Place { index: all.len(), of: named_type(&field.ty.node).0.to_owned() };
                places.insert(field.name.node.to_string(), place);
                all.push(SchemaField {
                    on: on.to_owned(),
                    name: field.name.node.to_string(),
                    deprecated: field.directives.iter().any(|directive| directive.node.name.node == "deprecated"),
                });
            }
            types.insert(on.to_owned(), places);
        }
        Ok(Self { types, all })
    }

    /// All fields, in the order of the schema.
    pub fn all(&self) -> &[SchemaField] {
        &self.all
    }

    /// Returns what the operations of `document` ask for. Takes time linear in its length; fields that the schema does not have are
    /// left out.
    pub fn used(&self, document: &ExecutableDocument) -> UsedFields {
        let operations = document.operations.iter().map(|(name, operation)| {
            let mut walk = Walk { fields: self, document, found: BTreeSet::new(), fragments: HashSet::new() };
            walk.set(&operation.node.selection_set.node, Sizes::root(operation.node.ty));
            (name.cloned(), walk.found.into_iter().collect())
        });
        UsedFields(operations.collect())
    }
}

struct Walk<'a> {
    fields: &'a SchemaFields,
    document: &'a ExecutableDocument,
    found: BTreeSet<usize>,
    fragments: HashSet<&'a str>,
}

impl<'a> Walk<'a> {
    fn set(&mut self, set: &'a SelectionSet, on: &str) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let fields = self.fields;
                    let known = fields.types.get(on).and_then(|places| places.get(field.node.name.node.as_str()));
                    if let Some(place) = known {
                        self.found.insert(place.index);
                        self.set(&field.node.selection_set.node, &place.of);
                    }
                }
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref().map_or(on, |on| on.node.on.node.as_str());
                    self.set(&inline.node.selection_set.node, on);
                }
                Selection::FragmentSpread(spread) => self.fragment(spread.node.fragment_name.node.as_str()),
            }
        }
    }

    /// A fragment is walked through once, however often it is spread.
    fn fragment(&mut self, name: &str) {
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else { return };
        if self.fragments.insert(name.as_str()) {
            let on = fragment.node.type_condition.node.on.node.as_str();
            self.set(&fragment.node.selection_set.node, on);
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    const SDL: &str = "type Query { link(id: ID!): Link links: [Link!]! }
        type Link { id: ID! slug: String @deprecated(reason: \"use code\") code: String owner: User }
        type User { name: String link: Link }";

    fn names(fields: &SchemaFields, used: &UsedFields, operation: Option<&str>) -> Vec<String> {
        let name = |field: &SchemaField| format!("{}.{}", field.on, field.name);
        used.get(operation).iter().map(|index| name(&fields.all[*index])).collect()
    }

    #[test]
    fn each_field_of_an_operation_is_found_once_through_fragments_and_aliases() {
        let fields = SchemaFields::from_sdl(SDL).unwrap();
        let document = parse_query(
            "query A { a: link(id: 1) { id ...L } links { ...L ... on Link { id id } } nothing { id } __typename }
             query B { links { owner { name } } }
             fragment L on Link { slug owner { link { ...M } } } fragment M on Link { code }",
        )
        .unwrap();
        let used = fields.used(&document);
        let a = ["Query.link", "Query.links", "Link.id", "Link.slug", "Link.code", "Link.owner", "User.link"];
        assert_eq!(names(&fields, &used, Some("A")), a);
        assert_eq!(names(&fields, &used, Some("B")), ["Query.links", "Link.owner", "User.name"]);
    }

    #[test]
    fn an_operation_without_a_name_is_the_only_one() {
        let fields = SchemaFields::from_sdl(SDL).unwrap();
        let used = fields.used(&parse_query("{ links { id } }").unwrap());
        assert_eq!(names(&fields, &used, None), ["Query.links", "Link.id"]);
        let used = fields.used(&parse_query("query Only { links { code } }").unwrap());
        assert_eq!(names(&fields, &used, None), ["Query.links", "Link.code"]);
    }
}
