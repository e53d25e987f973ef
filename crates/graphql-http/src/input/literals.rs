//! Literals and variable usages in the arguments of one operation and its fragments.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{
    BaseType, Directive, ExecutableDocument, OperationDefinition, Selection, SelectionSet, Type, VariableDefinition,
};
use async_graphql::{Name, Positioned, Value as Const};
use async_graphql_value::Value;

use super::InvalidInput;
use super::coerce::Path;
use super::types::{InputType, InputTypes, InputValue, int};
use crate::limits::Sizes;

/// Checks all arguments of `operation`, and returns the variables that stand where no negative number may.
pub(super) fn check(
    types: &InputTypes,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
) -> Result<HashSet<String>, InvalidInput> {
    let variables =
        operation.variable_definitions.iter().map(|variable| (variable.node.name.node.as_str(), &variable.node));
    let mut walk = Walk {
        types,
        document,
        variables: variables.collect(),
        condition: InputValue {
            ty: Type { base: BaseType::Named(Name::new("Boolean")), nullable: false },
            default: None,
            unsigned: false,
        },
        unsigned: RefCell::default(),
        visited: HashSet::new(),
    };
    for definition in &operation.variable_definitions {
        let (name, definition) = (definition.node.name.node.as_str(), &definition.node);
        if let Some(default) = &definition.default_value {
            let literal = default.node.clone().into_value();
            let path = Path::Root(name);
            walk.value(&definition.var_type.node, &literal, &path, false)
                .map_err(|problem| InvalidInput::variable(name, name, &format!("has a default that {}", problem.1)))?;
        }
    }
    walk.directives(&operation.directives)?;
    walk.set(&operation.selection_set.node, Sizes::root(operation.ty))?;
    Ok(walk.unsigned.into_inner())
}

struct Walk<'d> {
    types: &'d InputTypes,
    document: &'d ExecutableDocument,
    variables: HashMap<&'d str, &'d VariableDefinition>,
    /// The argument of `@include` and `@skip`.
    condition: InputValue,
    unsigned: RefCell<HashSet<String>>,
    visited: HashSet<&'d str>,
}

/// Where a literal is wrong, and what is.
struct Problem(String, String);

impl<'d> Walk<'d> {
    fn set(&mut self, set: &'d SelectionSet, of: &str) -> Result<(), InvalidInput> {
        for selection in &set.items {
            self.directives(selection.node.directives())?;
            match &selection.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    let types = self.types;
                    // Validation refuses what the schema does not have.
                    let Some(known) = types.fields.get(of).and_then(|fields| fields.get(field.name.node.as_str()))
                    else {
                        continue;
                    };
                    for (name, value) in &field.arguments {
                        let Some(argument) = known.arguments.get(name.node.as_str()) else { continue };
                        self.argument(field.name.node.as_str(), name.node.as_str(), argument, &value.node)?;
                    }
                    self.set(&field.selection_set.node, &known.of)?;
                }
                Selection::InlineFragment(inline) => {
                    let of = inline.node.type_condition.as_ref().map_or(of, |on| on.node.on.node.as_str());
                    self.set(&inline.node.selection_set.node, of)?;
                }
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    let Some((name, fragment)) = self.document.fragments.get_key_value(name) else { continue };
                    if self.visited.insert(name.as_str()) {
                        self.directives(&fragment.node.directives)?;
                        let on = fragment.node.type_condition.node.on.node.as_str();
                        self.set(&fragment.node.selection_set.node, on)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn directives(&self, directives: &[Positioned<Directive>]) -> Result<(), InvalidInput> {
        for directive in directives.iter().map(|directive| &directive.node) {
            let name = directive.name.node.as_str();
            if let ("include" | "skip", Some(condition)) = (name, directive.get_argument("if")) {
                self.argument(&format!("@{name}"), "if", &self.condition, &condition.node)?;
            }
        }
        Ok(())
    }

    fn argument(&self, field: &str, name: &str, argument: &InputValue, value: &Value) -> Result<(), InvalidInput> {
        let path = Path::Root(name);
        let checked = match value {
            Value::Variable(variable) => self.usage_of(argument, variable, &path),
            literal => self.value(&argument.ty, literal, &path, argument.unsigned),
        };
        checked.map_err(|Problem(path, problem)| InvalidInput::argument(&format!("{path} of {field}"), &problem))
    }

    fn usage_of(&self, place: &InputValue, variable: &Name, path: &Path<'_>) -> Result<(), Problem> {
        if place.unsigned {
            self.unsigned.borrow_mut().insert(variable.to_string());
        }
        self.usage(&place.ty, place.default.is_some(), variable, path)
    }

    /// Returns an error if a variable must not stand where a value of `ty` is wanted.
    fn usage(&self, ty: &Type, has_default: bool, variable: &Name, path: &Path<'_>) -> Result<(), Problem> {
        // Validation refuses variables that are not declared.
        let Some(definition) = self.variables.get(variable.as_str()) else { return Ok(()) };
        let given = &definition.var_type.node;
        let own_default = definition.default_value.as_ref().is_some_and(|value| value.node != Const::Null);
        let fits = if !ty.nullable && given.nullable {
            (own_default || has_default) && same_base(given, ty)
        } else {
            fits(given, ty)
        };
        if fits {
            return Ok(());
        }
        Err(Problem(path.to_string(), format!("is of type {ty}, but the variable ${variable} is declared as {given}")))
    }

    fn value(&self, ty: &Type, value: &Value, path: &Path<'_>, unsigned: bool) -> Result<(), Problem> {
        let problem = |text: &str| Problem(path.to_string(), text.to_owned());
        match (value, &ty.base) {
            (Value::Variable(variable), _) => self.usage(ty, false, variable, path),
            (Value::Null, _) if ty.nullable => Ok(()),
            (Value::Null, _) => Err(problem("must not be null")),
            (Value::List(items), BaseType::List(item)) => items
                .iter()
                .enumerate()
                .try_for_each(|(index, value)| self.value(item, value, &Path::Item(path, index), unsigned)),
            (one, BaseType::List(item)) => self.value(item, one, path, unsigned),
            (value, BaseType::Named(name)) => match self.types.types.get(name.as_str()) {
                Some(InputType::Object(fields)) => self.object(fields, value, path),
                Some(of) if scalar(of, value, unsigned) => Ok(()),
                Some(of) => Err(problem(&format!("must be {}", of.form(unsigned)))),
                None => Ok(()),
            },
        }
    }

    fn object(&self, fields: &[(String, InputValue)], value: &Value, path: &Path<'_>) -> Result<(), Problem> {
        let Value::Object(given) = value else { return Err(Problem(path.to_string(), "must be an object".to_owned())) };
        for (name, value) in given {
            let Some((_, field)) = fields.iter().find(|(known, _)| known == name.as_str()) else {
                return Err(Problem(path.to_string(), format!("has no field {name}")));
            };
            let path = Path::Field(path, name);
            match value {
                Value::Variable(variable) => self.usage_of(field, variable, &path)?,
                literal => self.value(&field.ty, literal, &path, field.unsigned)?,
            }
        }
        let missing = |(name, field): &&(String, InputValue)| {
            !field.ty.nullable && field.default.is_none() && !given.contains_key(name.as_str())
        };
        match fields.iter().find(missing) {
            Some((name, _)) => Err(Problem(Path::Field(path, name).to_string(), "is missing".to_owned())),
            None => Ok(()),
        }
    }
}

fn scalar(of: &InputType, value: &Value, unsigned: bool) -> bool {
    match (of, value) {
        (InputType::Int, Value::Number(number)) => int(number, unsigned, false).is_some(),
        (InputType::Id, Value::Number(number)) => number.is_i64() || number.is_u64(),
        (InputType::Float, Value::Number(_))
        | (InputType::String | InputType::Id, Value::String(_))
        | (InputType::Boolean, Value::Boolean(_))
        | (InputType::Scalar(None), _) => true,
        (InputType::Enum(values), Value::Enum(name)) => values.contains(name.as_str()),
        // A variable inside is looked at when it is coerced by its own type.
        (InputType::Scalar(Some(scalar)), value) => {
            value.clone().into_const().is_none_or(|value| (scalar.accepts)(&value))
        }
        _ => false,
    }
}

/// Whether a variable of type `given` may stand where `wanted` is expected (AreTypesCompatible of the specification).
fn fits(given: &Type, wanted: &Type) -> bool {
    (wanted.nullable || !given.nullable) && same_base(given, wanted)
}

fn same_base(given: &Type, wanted: &Type) -> bool {
    match (&given.base, &wanted.base) {
        (BaseType::Named(given), BaseType::Named(wanted)) => given == wanted,
        (BaseType::List(given), BaseType::List(wanted)) => fits(given, wanted),
        _ => false,
    }
}
