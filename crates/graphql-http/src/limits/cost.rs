//! What an operation may cost at the most.
//!
//! A field that yields an object costs one, a scalar nothing, a mutation ten. A list costs what one item costs times its
//! length: the page that `first` or `last` asks for, or ten when the schema does not page it. In a connection the page
//! counts for the lists directly below (`edges`, `nodes`). Arguments cost one for every 4 KiB, an item of a list counting
//! for 400 bytes at the least.

use std::collections::HashMap;

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Value, Variables};

use super::sizes::{PAGE_ARGUMENTS, Sizes};
use crate::error::{Code, RequestError};

/// Costs are summed in bytes of arguments, of which so many are a cost of one.
const ONE: u64 = 4096;
const MUTATION: u64 = 10 * ONE;
const UNPAGED_LIST: u64 = 10;
const ITEM_BYTES: u64 = 400;

/// The cost of `operation`. The fragments of `document` were found free of cycles before.
///
/// It is not less than the arguments of the whole document: validation copies those of the other operations too.
///
/// # Errors
/// `PAGE_TOO_LARGE` when a page is longer than `max_page`.
pub(super) fn of(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    sizes: &Sizes,
    max_page: usize,
) -> Result<u64, RequestError> {
    let weights: HashMap<_, _> = variables.iter().map(|(name, value)| (name.as_str(), bytes(value))).collect();
    let (mut cost, mut argument_bytes) = (0, 0_u64);
    for (_, each) in document.operations.iter() {
        let mut meter = Meter::new(document, &each.node, variables, &weights, sizes, max_page);
        let selected = std::ptr::eq(&raw const each.node, operation);
        let own = meter.operation(&each.node);
        argument_bytes = argument_bytes.saturating_add(meter.argument_bytes);
        if selected {
            cost = own?;
        }
    }
    Ok(cost.max(argument_bytes) / ONE)
}

/// Cost of a selection set: what is there once, and what is there for each item of the lists directly in it.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    once: u64,
    per_item: u64,
}

impl Cost {
    fn all(self, items: u64) -> u64 {
        self.once.saturating_add(self.per_item.saturating_mul(items))
    }

    fn add(&mut self, other: Self) {
        self.once = self.once.saturating_add(other.once);
        self.per_item = self.per_item.saturating_add(other.per_item);
    }
}

struct Meter<'d> {
    document: &'d ExecutableDocument,
    variables: &'d Variables,
    defaults: HashMap<&'d str, &'d Value>,
    weights: &'d HashMap<&'d str, u64>,
    sizes: &'d Sizes,
    max_page: usize,
    fragments: HashMap<&'d str, Cost>,
    /// Of every argument once, however often its fragment is spread.
    argument_bytes: u64,
}

impl<'d> Meter<'d> {
    fn new(
        document: &'d ExecutableDocument,
        operation: &'d OperationDefinition,
        variables: &'d Variables,
        weights: &'d HashMap<&'d str, u64>,
        sizes: &'d Sizes,
        max_page: usize,
    ) -> Self {
        let defaults = operation
            .variable_definitions
            .iter()
            .filter_map(|variable| {
                Some((variable.node.name.node.as_str(), &variable.node.default_value.as_ref()?.node))
            })
            .collect();
        let fragments = HashMap::new();
        Self { document, variables, defaults, weights, sizes, max_page, fragments, argument_bytes: 0 }
    }

    fn operation(&mut self, operation: &'d OperationDefinition) -> Result<u64, RequestError> {
        let root = self.set(&operation.selection_set.node, Sizes::root(operation.ty))?;
        let changes = match operation.ty {
            OperationType::Mutation => operation.selection_set.node.items.len() as u64,
            OperationType::Query | OperationType::Subscription => 0,
        };
        Ok(root.all(UNPAGED_LIST).saturating_add(changes.saturating_mul(MUTATION)))
    }

    fn set(&mut self, set: &'d SelectionSet, of: &str) -> Result<Cost, RequestError> {
        let mut sum = Cost::default();
        for selection in &set.items {
            sum.add(match &selection.node {
                Selection::Field(field) => self.field(&field.node, of)?,
                Selection::InlineFragment(inline) => {
                    let of = inline.node.type_condition.as_ref().map_or(of, |on| on.node.on.node.as_str());
                    self.set(&inline.node.selection_set.node, of)?
                }
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node)?,
            });
        }
        Ok(sum)
    }

    fn fragment(&mut self, name: &str) -> Result<Cost, RequestError> {
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else { return Ok(Cost::default()) };
        if let Some(known) = self.fragments.get(name.as_str()) {
            return Ok(*known);
        }
        let on = fragment.node.type_condition.node.on.node.as_str();
        let cost = self.set(&fragment.node.selection_set.node, on)?;
        self.fragments.insert(name.as_str(), cost);
        Ok(cost)
    }

    fn field(&mut self, field: &'d Field, of: &str) -> Result<Cost, RequestError> {
        let page = self.page(field)?;
        let arguments = self.weigh_arguments(field);
        // What the schema does not know (introspection, mistakes) is cheap or will be refused by validation.
        let sizes = self.sizes;
        let Some(size) = sizes.field(of, &field.name.node).filter(|size| size.composite) else {
            return Ok(Cost { once: arguments, per_item: 0 });
        };
        let below = self.set(&field.selection_set.node, &size.of)?;
        let one = |items| below.all(items).saturating_add(ONE);
        let mut cost = match (size.list, page.or(size.page)) {
            (true, Some(items)) => Cost { once: one(UNPAGED_LIST).saturating_mul(items), per_item: 0 },
            (true, None) => Cost { once: 0, per_item: one(UNPAGED_LIST) },
            (false, items) => Cost { once: one(items.unwrap_or(UNPAGED_LIST)), per_item: 0 },
        };
        cost.once = cost.once.saturating_add(arguments);
        Ok(cost)
    }

    /// The page that the arguments ask for. A negative one is for the resolver to refuse.
    fn page(&self, field: &Field) -> Result<Option<u64>, RequestError> {
        let mut page = None;
        for (_, value) in field.arguments.iter().filter(|(name, _)| PAGE_ARGUMENTS.contains(&name.node.as_str())) {
            let number =
                |name: Name| Ok::<_, ()>(self.variable(&name).filter(|v| is_number(v)).cloned().unwrap_or_default());
            let Ok(Value::Number(asked)) = value.node.clone().into_const_with(number) else { continue };
            let asked = asked.as_u64().unwrap_or(0);
            if asked > self.max_page as u64 {
                return Err(RequestError::new(Code::PageSize, "a page is longer than allowed").limit(self.max_page));
            }
            page = page.max(Some(asked));
        }
        Ok(page)
    }

    fn variable(&self, name: &Name) -> Option<&Value> {
        self.variables.get(name).or_else(|| self.defaults.get(name.as_str()).copied())
    }

    /// The bytes that executing the field copies for its arguments.
    fn weigh_arguments(&mut self, field: &Field) -> u64 {
        let mut sum = 0_u64;
        for (_, value) in &field.arguments {
            let mut from_variables = 0_u64;
            let literal = value.node.clone().into_const_with(|name| {
                let weight = self.weights.get(name.as_str()).copied();
                let default = || self.defaults.get(name.as_str()).map(|value| bytes(value));
                from_variables = from_variables.saturating_add(weight.or_else(default).unwrap_or(0));
                Ok::<_, ()>(Value::Null)
            });
            let own = literal.as_ref().map_or(0, bytes);
            sum = sum.saturating_add(own).saturating_add(from_variables);
        }
        self.argument_bytes = self.argument_bytes.saturating_add(sum);
        sum
    }
}

fn is_number(value: &Value) -> bool {
    matches!(value, Value::Number(_))
}

fn bytes(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.len() as u64,
        Value::Enum(name) => name.len() as u64,
        Value::List(items) => items.iter().map(|item| bytes(item).max(ITEM_BYTES)).sum(),
        Value::Object(fields) => fields.iter().map(|(name, item)| bytes(item) + name.len() as u64).sum(),
        _ => 1,
    }
}
