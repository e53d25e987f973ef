//! Variables, from JSON to the values that resolvers get.

use std::collections::HashSet;

use async_graphql::parser::types::{BaseType, OperationDefinition, Type};
use async_graphql::{Name, Value, Variables};

use super::InvalidInput;
use super::types::{InputType, InputTypes, int};

/// The variables of `operation`: coerced, defaults filled in. Those that were not given and have no default stay out, and so do
/// those that the operation does not declare.
pub(super) fn variables(
    types: &InputTypes,
    operation: &OperationDefinition,
    given: &Variables,
    unsigned: &HashSet<String>,
) -> Result<Variables, InvalidInput> {
    let mut coerced = Variables::default();
    for definition in &operation.variable_definitions {
        let definition = &definition.node;
        let name = definition.name.node.as_str();
        let ty = &definition.var_type.node;
        let place = Place { types, variable: name };
        let value = match (given.get(name), &definition.default_value) {
            (Some(value), _) => place.value(ty, value, &Path::Root(name), unsigned.contains(name))?,
            (None, Some(default)) => default.node.clone(),
            (None, None) if ty.nullable => continue,
            (None, None) => {
                return Err(InvalidInput::variable(name, name, &format!("is missing: its type is {ty}")));
            }
        };
        coerced.insert(definition.name.node.clone(), value);
    }
    Ok(coerced)
}

/// Where a value stands, written out only for an error.
#[derive(Clone, Copy)]
pub(super) enum Path<'p> {
    Root(&'p str),
    Field(&'p Path<'p>, &'p str),
    Item(&'p Path<'p>, usize),
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Root(name) => f.write_str(name),
            Self::Field(of, name) => write!(f, "{of}.{name}"),
            Self::Item(of, index) => write!(f, "{of}[{index}]"),
        }
    }
}

/// Coerces the values of one variable.
struct Place<'s> {
    types: &'s InputTypes,
    variable: &'s str,
}

impl Place<'_> {
    fn invalid(&self, path: &Path<'_>, problem: &str) -> InvalidInput {
        InvalidInput::variable(self.variable, &path.to_string(), problem)
    }

    fn value(&self, ty: &Type, value: &Value, path: &Path<'_>, unsigned: bool) -> Result<Value, InvalidInput> {
        if *value == Value::Null {
            return if ty.nullable { Ok(Value::Null) } else { Err(self.invalid(path, "must not be null")) };
        }
        match &ty.base {
            BaseType::List(item) => {
                let items = match value {
                    Value::List(items) => items
                        .iter()
                        .enumerate()
                        .map(|(index, value)| self.value(item, value, &Path::Item(path, index), unsigned))
                        .collect::<Result<_, _>>()?,
                    // A single value stands for the list of it.
                    one => vec![self.value(item, one, path, unsigned)?],
                };
                Ok(Value::List(items))
            }
            BaseType::Named(name) => match self.types.types.get(name.as_str()) {
                Some(InputType::Object(fields)) => self.object(fields, value, path),
                Some(of) => scalar(of, value, unsigned)
                    .ok_or_else(|| self.invalid(path, &format!("must be {}", of.form(unsigned)))),
                // Validation refuses types that the schema does not have.
                None => Ok(value.clone()),
            },
        }
    }

    fn object(
        &self,
        fields: &[(String, super::types::InputValue)],
        value: &Value,
        path: &Path<'_>,
    ) -> Result<Value, InvalidInput> {
        let Value::Object(given) = value else { return Err(self.invalid(path, "must be an object")) };
        if let Some(unknown) = given.keys().find(|name| !fields.iter().any(|(known, _)| known == name.as_str())) {
            return Err(self.invalid(path, &format!("has no field {unknown}")));
        }
        let mut coerced = async_graphql::indexmap::IndexMap::new();
        for (name, field) in fields {
            let value = match (given.get(name.as_str()), &field.default) {
                (Some(value), _) => self.value(&field.ty, value, &Path::Field(path, name), field.unsigned)?,
                (None, Some(default)) => default.clone(),
                (None, None) if field.ty.nullable => continue,
                (None, None) => return Err(self.invalid(&Path::Field(path, name), "is missing")),
            };
            coerced.insert(Name::new(name), value);
        }
        Ok(Value::Object(coerced))
    }
}

/// The value of a leaf type, or `None` if it does not fit.
fn scalar(of: &InputType, value: &Value, unsigned: bool) -> Option<Value> {
    match (of, value) {
        (InputType::Int, Value::Number(number)) => int(number, unsigned, true).map(Value::from),
        (InputType::Float, Value::Number(_))
        | (InputType::String | InputType::Id, Value::String(_))
        | (InputType::Boolean, Value::Boolean(_))
        | (InputType::Scalar(None), _) => Some(value.clone()),
        (InputType::Id, Value::Number(number)) => {
            let whole = |number: f64| number.fract() == 0.0 && number.abs() < 9e15;
            let text = match number.as_i64() {
                Some(number) => number.to_string(),
                None => format!("{:.0}", number.as_f64().filter(|number| whole(*number))?),
            };
            Some(Value::String(text))
        }
        (InputType::Enum(values), Value::String(name)) if values.contains(name) => Some(Value::Enum(Name::new(name))),
        (InputType::Scalar(Some(scalar)), _) => (scalar.accepts)(value).then(|| value.clone()),
        _ => None,
    }
}
