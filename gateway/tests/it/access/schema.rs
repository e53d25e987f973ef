//! The schema as the calls need it: which fields there are, and documents made from them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, FieldDefinition, Type, TypeKind, TypeSystemDefinition};
use serde_json::Value;

use super::table;

/// One field of an object type.
struct Field {
    /// Types of the arguments.
    arguments: BTreeMap<String, String>,
    /// The type without lists and exclamation marks.
    of: String,
}

/// All object types with their fields, and what of them is carried.
pub struct Schema {
    /// Of every kind.
    names: BTreeSet<String>,
    types: BTreeMap<String, BTreeMap<String, Field>>,
    carried: BTreeMap<&'static str, BTreeSet<&'static str>>,
}

/// The name within lists.
fn named(ty: &Type) -> String {
    match &ty.base {
        BaseType::Named(name) => name.to_string(),
        BaseType::List(item) => named(item),
    }
}

fn field(definition: &FieldDefinition) -> Field {
    let arguments = definition.arguments.iter();
    let arguments = arguments.map(|argument| (argument.node.name.to_string(), argument.node.ty.to_string())).collect();
    Field { arguments, of: named(&definition.ty.node) }
}

impl Schema {
    /// The schema of the gateway.
    pub fn read() -> Self {
        let document = parse_schema(gateway::schema::sdl()).expect("our own schema is GraphQL");
        let (mut names, mut types) = (BTreeSet::new(), BTreeMap::new());
        for definition in document.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            names.insert(definition.node.name.to_string());
            let fields = match definition.node.kind {
                TypeKind::Object(object) => object.fields,
                TypeKind::Interface(_) | TypeKind::Union(_) => panic!("interfaces and unions are new here"),
                _ => continue,
            };
            let fields = fields.iter().map(|one| (one.node.name.to_string(), field(&one.node))).collect();
            types.insert(definition.node.name.to_string(), fields);
        }
        Self { names, types, carried: table::carried() }
    }

    /// The names of all types, enums, inputs and scalars that are not built in.
    pub fn types(&self) -> &BTreeSet<String> {
        &self.names
    }

    /// The types of the arguments of a field, without lists and exclamation marks.
    pub fn inputs(&self, of: &str, field: &str) -> Vec<String> {
        let field = self.types.get(of).and_then(|fields| fields.get(field));
        let arguments = field.into_iter().flat_map(|field| field.arguments.values());
        arguments.map(|ty| ty.replace(['[', ']', '!'], "")).collect()
    }

    /// `Type.field` of each field of each object type.
    pub fn fields(&self) -> BTreeSet<String> {
        let of = |(name, fields): (&String, &BTreeMap<String, Field>)| {
            fields.keys().map(|field| format!("{name}.{field}")).collect::<Vec<_>>()
        };
        self.types.iter().flat_map(of).collect()
    }

    /// `Type.field` of each field that is carried.
    pub fn carried(&self) -> BTreeSet<String> {
        self.carried.iter().flat_map(|(of, fields)| fields.iter().map(move |field| format!("{of}.{field}"))).collect()
    }

    /// The document that asks for the field at the end of `path`, which begins with `query`, `mutation` or `subscription`, and for
    /// all that it carries. What `variables` hold become arguments wherever a field of the path takes one of that name.
    pub fn document(&self, path: &str, variables: &Value) -> String {
        let mut steps = path.split('.');
        let operation = steps.next().unwrap_or_default();
        let mut of = capital(operation);
        let (mut declared, mut body, mut depth) = (Vec::new(), String::new(), 0);
        for step in steps {
            let field = self.types[&of].get(step).unwrap_or_else(|| panic!("{of} has no field {step}"));
            let given = field.arguments.iter().filter(|(name, _)| variables.get(name).is_some());
            let given: Vec<_> = given.collect();
            declared.extend(given.iter().map(|(name, ty)| format!("${name}: {ty}")));
            let passed: Vec<_> = given.iter().map(|(name, _)| format!("{name}: ${name}")).collect();
            let passed = if passed.is_empty() { String::new() } else { format!("({})", passed.join(", ")) };
            write!(body, "{{ {step}{passed} ").expect("a string takes everything");
            (of, depth) = (field.of.clone(), depth + 1);
        }
        let declared = if declared.is_empty() { String::new() } else { format!("({})", declared.join(", ")) };
        format!("{operation}{declared} {body}{}{}", self.selection(&of), "}".repeat(depth))
    }

    /// All carried fields of a type and of the types that those lead to; nothing for a scalar.
    fn selection(&self, of: &str) -> String {
        let Some(fields) = self.types.get(of) else { return String::new() };
        let carried = self.carried.get(of).into_iter().flatten();
        let each = carried.map(|name| {
            let field = fields.get(*name).unwrap_or_else(|| panic!("{of} has no field {name}"));
            format!("{name} {}", self.selection(&field.of))
        });
        format!("{{ __typename {}}} ", each.collect::<String>())
    }
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}
