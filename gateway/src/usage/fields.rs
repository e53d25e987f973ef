//! How often each field of the schema is asked for.

use std::sync::Arc;

use async_graphql::parser;
use async_graphql::parser::types::ExecutableDocument;
use curtail_graphql_http::{SchemaField, SchemaFields, UsedFields};
use metrics::Counter;

/// The fields of the schema, each with its counter. The number of counters is that of the fields, whatever clients send.
pub struct Fields {
    fields: SchemaFields,
    counters: Vec<Counter>,
}

impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fields").field("fields", &self.fields).finish_non_exhaustive()
    }
}

impl Fields {
    /// Reads them from the schema definition. Their counters exist from now on, at zero.
    ///
    /// # Errors
    /// When `sdl` is not a schema.
    pub fn from_sdl(sdl: &str) -> Result<Self, parser::Error> {
        let fields = SchemaFields::from_sdl(sdl)?;
        let counters = fields.all().iter().map(counter).collect();
        Ok(Self { fields, counters })
    }

    /// Returns what the operations of `document` ask for.
    pub(super) fn used(&self, document: &ExecutableDocument) -> UsedFields {
        self.fields.used(document)
    }

    /// Counts `used`, and names those of them that are deprecated.
    pub(super) fn count(&self, used: &[usize]) -> Option<Arc<str>> {
        let mut deprecated = Vec::new();
        for (field, counter) in
            used.iter().filter_map(|index| self.fields.all().get(*index).zip(self.counters.get(*index)))
        {
            counter.increment(1);
            if field.deprecated {
                deprecated.push(format!("{}.{}", field.on, field.name));
            }
        }
        (!deprecated.is_empty()).then(|| deprecated.join(" ").into())
    }
}

fn counter(field: &SchemaField) -> Counter {
    let counter = metrics::counter!(
        "gateway_field_usage_total",
        "type" => field.on.clone(),
        "field" => field.name.clone(),
        "deprecated" => if field.deprecated { "yes" } else { "no" },
    );
    // A field without requests has to be visible too.
    counter.increment(0);
    counter
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn deprecated_fields_are_named_when_they_are_counted() {
        let sdl = "type Query { link: Link } type Link { slug: String @deprecated(reason: \"use code\") code: String }";
        let fields = Fields::from_sdl(sdl).unwrap();
        let used = fields.used(&parse_query("query A { link { slug code } } query B { link { code } }").unwrap());
        assert_eq!(fields.count(used.get(Some("A"))).as_deref(), Some("Link.slug"));
        assert_eq!(fields.count(used.get(Some("B"))), None);
    }

    #[test]
    fn every_field_of_the_real_schema_has_a_counter() {
        let fields = Fields::from_sdl(&crate::schema::sdl()).unwrap();
        assert!(fields.counters.len() > 300, "{}", fields.counters.len());
        for (on, name) in
            [("Query", "link"), ("Mutation", "createLink"), ("Subscription", "clicks"), ("Link", "shortUrl")]
        {
            assert!(fields.fields.all().iter().any(|field| field.on == on && field.name == name), "{on}.{name}");
        }
    }
}
