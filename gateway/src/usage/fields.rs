//! How often each field of the schema is asked for.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, FieldDefinition, Selection, SelectionSet, TypeKind};
use async_graphql::parser::{self, parse_schema, types::TypeSystemDefinition};
use metrics::Counter;

use crate::limits::{Sizes, named_type};

/// The fields of a schema, each with its counter. The number of counters is that of the fields, whatever clients send.
#[derive(Debug)]
pub struct Fields {
    types: HashMap<String, HashMap<String, Place>>,
    all: Vec<Field>,
}

/// Where a field is in the list of all, and the type that it leads to.
#[derive(Debug)]
struct Place {
    index: usize,
    of: String,
}

struct Field {
    /// As in `Link.clicks`.
    name: String,
    deprecated: bool,
    counter: Counter,
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Field").field("name", &self.name).field("deprecated", &self.deprecated).finish_non_exhaustive()
    }
}

/// The fields that each operation of one document asks for.
#[derive(Debug, Default)]
pub struct Used(HashMap<Option<Name>, Box<[usize]>>);

impl Used {
    /// Those of the operation called `name`; without a name, of the only one.
    pub(super) fn of(&self, name: Option<&str>) -> &[usize] {
        let named = name.and_then(|name| self.0.get(&Some(Name::new(name))));
        named.or_else(|| self.0.values().next()).map_or(&[], |fields| fields)
    }
}

impl Fields {
    /// Reads them from the schema's own description of itself. Their counters are there from now on, at zero.
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
                all.push(Field::new(on, field));
            }
            types.insert(on.to_owned(), places);
        }
        Ok(Self { types, all })
    }

    /// What the operations of `document` ask for. Takes time linear in its length; what the schema does not know is left out.
    pub fn used(&self, document: &ExecutableDocument) -> Used {
        let operations = document.operations.iter().map(|(name, operation)| {
            let mut walk = Walk { fields: self, document, found: BTreeSet::new(), fragments: HashSet::new() };
            walk.set(&operation.node.selection_set.node, Sizes::root(operation.node.ty));
            (name.cloned(), walk.found.into_iter().collect())
        });
        Used(operations.collect())
    }

    /// Counts `used`, and names those of them that are deprecated.
    pub(super) fn count(&self, used: &[usize]) -> Option<Arc<str>> {
        let mut deprecated = Vec::new();
        for field in used.iter().filter_map(|index| self.all.get(*index)) {
            field.counter.increment(1);
            if field.deprecated {
                deprecated.push(field.name.as_str());
            }
        }
        (!deprecated.is_empty()).then(|| deprecated.join(" ").into())
    }
}

impl Field {
    fn new(on: &str, field: &FieldDefinition) -> Self {
        let name = field.name.node.as_str();
        let deprecated = field.directives.iter().any(|directive| directive.node.name.node == "deprecated");
        let counter = metrics::counter!(
            "gateway_field_usage_total",
            "type" => on.to_owned(),
            "field" => name.to_owned(),
            "deprecated" => if deprecated { "yes" } else { "no" },
        );
        // A field that nobody asks for has to be seen too.
        counter.increment(0);
        Self { name: format!("{on}.{name}"), deprecated, counter }
    }
}

struct Walk<'a> {
    fields: &'a Fields,
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

    fn names<'f>(fields: &'f Fields, used: &Used, operation: Option<&str>) -> Vec<&'f str> {
        used.of(operation).iter().map(|index| fields.all[*index].name.as_str()).collect()
    }

    #[test]
    fn each_field_of_an_operation_is_found_once_through_fragments_and_aliases() {
        let fields = Fields::from_sdl(SDL).unwrap();
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
        assert_eq!(fields.count(used.of(Some("A"))).as_deref(), Some("Link.slug"));
        assert_eq!(fields.count(used.of(Some("B"))), None);
    }

    #[test]
    fn an_operation_without_a_name_is_the_only_one() {
        let fields = Fields::from_sdl(SDL).unwrap();
        let used = fields.used(&parse_query("{ links { id } }").unwrap());
        assert_eq!(names(&fields, &used, None), ["Query.links", "Link.id"]);
        let used = fields.used(&parse_query("query Only { links { code } }").unwrap());
        assert_eq!(names(&fields, &used, None), ["Query.links", "Link.code"]);
    }

    #[test]
    fn every_field_of_the_real_schema_has_a_counter() {
        let fields = Fields::from_sdl(&crate::schema::sdl()).unwrap();
        assert!(fields.all.len() > 300, "{}", fields.all.len());
        for name in ["Query.link", "Mutation.createLink", "Subscription.clicks", "Link.shortUrl"] {
            assert!(fields.all.iter().any(|field| field.name == name), "{name}");
        }
    }
}
