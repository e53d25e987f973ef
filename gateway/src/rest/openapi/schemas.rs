//! Schemas of the types that travel.

use std::collections::BTreeMap;

use utoipa::ToSchema;
use utoipa::openapi::schema::{Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};

/// Schemas that are referred to, by name.
#[derive(Default)]
pub struct Schemas(Vec<(String, RefOr<Schema>)>);

impl Schemas {
    /// By name, so that the document does not depend on the order of the operations.
    pub fn into_sorted(self) -> BTreeMap<String, RefOr<Schema>> {
        self.0.into_iter().collect()
    }
}

/// Refers to the schema of `T`, which becomes part of the document with all that it refers to.
pub fn reference<T: ToSchema>(schemas: &mut Schemas) -> RefOr<Schema> {
    schemas.0.push((T::name().into_owned(), T::schema()));
    T::schemas(&mut schemas.0);
    Ref::from_schema_name(T::name()).into()
}

/// The same for an answer: what is written as null when there is nothing is always there.
pub fn answered<T: ToSchema>(schemas: &mut Schemas) -> RefOr<Schema> {
    let before = schemas.0.len();
    let reference = reference::<T>(schemas);
    for (_, schema) in &mut schemas.0[before..] {
        if let RefOr::T(Schema::Object(object)) = schema {
            let nullable = object.properties.iter().filter(|(_, property)| is_nullable(property));
            let names: Vec<String> = nullable.map(|(name, _)| name.clone()).collect();
            object.required.extend(names);
        }
    }
    reference
}

/// Whether a value may be null.
fn is_nullable(schema: &RefOr<Schema>) -> bool {
    match schema {
        RefOr::T(Schema::Object(object)) => is_or_null(&object.schema_type),
        RefOr::T(Schema::Array(array)) => is_or_null(&array.schema_type),
        RefOr::T(Schema::OneOf(one)) => one.items.iter().any(is_null),
        _ => false,
    }
}

/// The schema without null, which a query string cannot express.
pub fn without_null(schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            if let SchemaType::Array(types) = &object.schema_type
                && let Some(only) = types.iter().find(|one| **one != Type::Null)
            {
                object.schema_type = SchemaType::Type(only.clone());
            }
            RefOr::T(Schema::Object(object))
        }
        RefOr::T(Schema::OneOf(one)) if one.items.len() == 2 && one.items.iter().any(is_null) => {
            one.items.iter().find(|item| !is_null(item)).cloned().unwrap_or(RefOr::T(Schema::OneOf(one)))
        }
        other => other,
    }
}

fn is_or_null(schema_type: &SchemaType) -> bool {
    matches!(schema_type, SchemaType::Array(types) if types.contains(&Type::Null))
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(object)) if matches!(object.schema_type, SchemaType::Type(Type::Null)))
}
