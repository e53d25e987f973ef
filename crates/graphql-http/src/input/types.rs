//! The input types of a schema, read from its definition.

use std::collections::{HashMap, HashSet};

use async_graphql::Value;
use async_graphql::parser::types::{InputValueDefinition, Type, TypeKind, TypeSystemDefinition};
use async_graphql::parser::{self, parse_schema};

use crate::limits::named_type;

/// How values of a custom scalar look.
#[derive(Debug, Clone, Copy)]
pub struct CustomScalar {
    /// Its name in the schema.
    pub name: &'static str,
    /// What a value must be, to follow "must be" in a sentence for people.
    pub form: &'static str,
    /// Returns `true` for values of the scalar.
    pub accepts: fn(&Value) -> bool,
}

/// The input types of a schema, and the arguments of its fields.
#[derive(Debug)]
pub struct InputTypes {
    pub(super) types: HashMap<String, InputType>,
    pub(super) fields: HashMap<String, HashMap<String, FieldInput>>,
}

/// A type that arguments and variables may have.
#[derive(Debug)]
pub(super) enum InputType {
    Int,
    Float,
    String,
    Boolean,
    Id,
    Enum(HashSet<String>),
    Object(Vec<(String, InputValue)>),
    Scalar(Option<CustomScalar>),
}

/// An argument, or a field of an input object.
#[derive(Debug)]
pub(super) struct InputValue {
    pub(super) ty: Type,
    pub(super) default: Option<Value>,
    /// Whether an `Int` of it must not be negative.
    pub(super) unsigned: bool,
}

/// The arguments of a field, and the type that it leads to.
#[derive(Debug)]
pub(super) struct FieldInput {
    pub(super) arguments: HashMap<String, InputValue>,
    pub(super) of: String,
}

impl InputTypes {
    /// Reads the types from the schema definition. `scalars` are the custom scalars with a form of their own; `unsigned` names
    /// the `Int` arguments and input fields that take no negative numbers, as `name` or as `Owner.name`, where the owner is an input type or a field.
    ///
    /// # Errors
    /// When `sdl` is not a schema.
    pub fn from_sdl(sdl: &str, scalars: &[CustomScalar], unsigned: &[&str]) -> Result<Self, parser::Error> {
        let input_value = |owner: &str, definition: &InputValueDefinition| {
            let name = definition.name.node.as_str();
            let unsigned = unsigned.iter().any(|entry| match entry.split_once('.') {
                Some((of, field)) => of == owner && field == name,
                None => *entry == name,
            });
            let default = definition.default_value.as_ref().map(|value| value.node.clone());
            (name.to_owned(), InputValue { ty: definition.ty.node.clone(), default, unsigned })
        };
        let mut types: HashMap<String, InputType> = [
            ("Int", InputType::Int),
            ("Float", InputType::Float),
            ("String", InputType::String),
            ("Boolean", InputType::Boolean),
            ("ID", InputType::Id),
        ]
        .map(|(name, of)| (name.to_owned(), of))
        .into();
        let mut fields = HashMap::new();
        for definition in parse_schema(sdl)?.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let name = definition.node.name.node.to_string();
            let of = match definition.node.kind {
                TypeKind::Enum(of) => {
                    InputType::Enum(of.values.iter().map(|value| value.node.value.node.to_string()).collect())
                }
                TypeKind::InputObject(of) => {
                    InputType::Object(of.fields.iter().map(|field| input_value(&name, &field.node)).collect())
                }
                TypeKind::Scalar => InputType::Scalar(scalars.iter().find(|scalar| scalar.name == name).copied()),
                TypeKind::Object(of) => {
                    let of = of.fields.iter().map(|field| {
                        let field = &field.node;
                        let owner = field.name.node.as_str();
                        let arguments = field.arguments.iter().map(|argument| input_value(owner, &argument.node));
                        let of = named_type(&field.ty.node).0.to_owned();
                        (owner.to_owned(), FieldInput { arguments: arguments.collect(), of })
                    });
                    fields.insert(name, of.collect());
                    continue;
                }
                TypeKind::Interface(_) | TypeKind::Union(_) => continue,
            };
            types.insert(name, of);
        }
        Ok(Self { types, fields })
    }
}

impl InputType {
    /// What a value must be, to follow "must be".
    pub(super) fn form(&self, unsigned: bool) -> String {
        match self {
            Self::Int if unsigned => "a whole number from 0 to 2147483647".to_owned(),
            Self::Int => "a whole number from -2147483648 to 2147483647".to_owned(),
            Self::Float => "a number".to_owned(),
            Self::String => "a string".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::Id => "an identifier, which is a string".to_owned(),
            Self::Enum(values) => {
                let mut values: Vec<_> = values.iter().map(String::as_str).collect();
                values.sort_unstable();
                format!("one of {}", values.join(", "))
            }
            Self::Object(_) => "an object".to_owned(),
            Self::Scalar(scalar) => scalar.map_or("a value of its type", |scalar| scalar.form).to_owned(),
        }
    }
}

/// The whole number that `value` is, if it is one of 32 bits.
pub(super) fn int(value: &serde_json::Number, unsigned: bool, fraction: bool) -> Option<i32> {
    let number = match value.as_i64() {
        Some(number) => number,
        // JSON has one kind of number: 10.0 is 10.
        None if fraction => value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 1e10)? as i64,
        None => return None,
    };
    i32::try_from(number).ok().filter(|number| !unsigned || *number >= 0)
}
