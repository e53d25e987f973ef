//! How large an operation is once its fragments are expanded.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::Positioned;
use async_graphql::parser::types::{
    BaseType, Directive, ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};

use super::Limits;
use crate::error::{Code, RequestError};

/// Lists of the introspection types that lead back to types. Nested ones multiply the whole schema with itself.
const INTROSPECTION_LISTS: &[&str] = &["fields", "inputFields", "interfaces", "possibleTypes"];
/// How deep these may nest; the query of GraphiQL needs one.
const MAX_INTROSPECTION_LISTS: usize = 3;
/// All definitions of a document together may expand to this many times the bound of one operation, because validation
/// walks through each of them.
const DOCUMENT_FACTOR: u64 = 4;

/// Measures of a selection set with everything below it. Sums saturate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shape {
    /// Fields, spreads and inline fragments.
    pub selections: u64,
    /// Nesting of fields; what is below `__schema` and `__type` does not count.
    pub depth: usize,
    /// Nesting of selection sets, those of fragments included.
    pub height: usize,
    /// Fields with an alias.
    pub aliases: u64,
    /// Directives on anything.
    pub directives: u64,
    /// Fields of the outermost level.
    pub root_fields: u64,
    /// Fields of the outermost level that are in [`Policy::credential_mutations`](super::Policy).
    pub credential_mutations: u64,
    /// Nesting of introspection lists.
    pub introspection_lists: usize,
    /// Whether the outermost level asks for `__schema`.
    pub introspects: bool,
    /// Whether the outermost level has a field or a variable whose type the policy does not open to everyone.
    pub closed: bool,
}

impl Shape {
    /// Adds a sibling.
    fn add(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.depth = self.depth.max(other.depth);
        self.height = self.height.max(other.height);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.root_fields = self.root_fields.saturating_add(other.root_fields);
        self.credential_mutations = self.credential_mutations.saturating_add(other.credential_mutations);
        self.introspection_lists = self.introspection_lists.max(other.introspection_lists);
        self.introspects |= other.introspects;
        self.closed |= other.closed;
    }
}

/// Measures every operation of `document` by name and checks the bounds of each.
///
/// # Errors
/// The first bound that is passed, with its code.
pub fn measure(document: &ExecutableDocument, limits: &Limits) -> Result<HashMap<Option<Name>, Shape>, RequestError> {
    let mut ruler = Ruler { document, limits, fragments: HashMap::new() };
    let mut operations = HashMap::new();
    let mut total = 0_u64;
    for (name, operation) in document.operations.iter() {
        let shape = ruler.operation(&operation.node)?;
        total = total.saturating_add(shape.selections);
        operations.insert(name.cloned(), shape);
    }
    for name in document.fragments.keys() {
        total = total.saturating_add(ruler.fragment(name, 0)?.selections);
    }
    at_most(total, limits.max_selections as u64 * DOCUMENT_FACTOR, limits.max_selections, Code::Selections)?;
    Ok(operations)
}

/// The type within lists.
fn named(base: &BaseType) -> &str {
    match base {
        BaseType::Named(name) => name,
        BaseType::List(item) => named(&item.base),
    }
}

struct Ruler<'d> {
    document: &'d ExecutableDocument,
    limits: &'d Limits,
    /// `None` while the fragment is being measured: meeting it again then is a cycle.
    fragments: HashMap<&'d str, Option<Shape>>,
}

impl<'d> Ruler<'d> {
    fn operation(&mut self, operation: &'d OperationDefinition) -> Result<Shape, RequestError> {
        let limits = self.limits;
        let mut shape = self.set(&operation.selection_set.node, 1)?;
        let own = self.directives(&operation.directives)?;
        shape.directives = shape.directives.saturating_add(own);
        for variable in &operation.variable_definitions {
            let own = self.directives(&variable.node.directives)?;
            shape.directives = shape.directives.saturating_add(own);
            shape.closed |= !limits.policy.open_inputs.contains(&named(&variable.node.var_type.node.base));
        }
        if operation.ty != OperationType::Mutation {
            shape.credential_mutations = 0;
        }
        at_most(shape.selections, limits.max_selections as u64, limits.max_selections, Code::Selections)?;
        at_most(shape.depth as u64, limits.max_depth as u64, limits.max_depth, Code::Depth)?;
        at_most(shape.aliases, limits.max_aliases as u64, limits.max_aliases, Code::Aliases)?;
        at_most(shape.directives, limits.max_directives as u64, limits.max_directives, Code::Directives)?;
        at_most(shape.root_fields, limits.max_root_fields as u64, limits.max_root_fields, Code::RootFields)?;
        at_most(
            shape.introspection_lists as u64,
            MAX_INTROSPECTION_LISTS as u64,
            MAX_INTROSPECTION_LISTS,
            Code::Depth,
        )?;
        Ok(shape)
    }

    /// Measures a selection set that is nested `level` deep. The level bounds the recursion of this very function.
    fn set(&mut self, set: &'d SelectionSet, level: usize) -> Result<Shape, RequestError> {
        if level > self.limits.max_recursion {
            return Err(refused(self.limits.max_recursion, Code::Nesting));
        }
        let mut sum = Shape::default();
        for selection in &set.items {
            let directives = self.directives(selection.node.directives())?;
            let mut one = match &selection.node {
                Selection::Field(field) => self.field(&field.node, level)?,
                Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node, level + 1)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node, level)?,
            };
            one.selections = one.selections.saturating_add(1);
            one.directives = one.directives.saturating_add(directives);
            sum.add(one);
        }
        sum.height += 1;
        Ok(sum)
    }

    fn field(&mut self, field: &'d Field, level: usize) -> Result<Shape, RequestError> {
        let name = field.name.node.as_str();
        let below = if field.selection_set.node.items.is_empty() {
            Shape::default()
        } else {
            self.set(&field.selection_set.node, level + 1)?
        };
        let policy = &self.limits.policy;
        let introspection = matches!(name, "__schema" | "__type");
        Ok(Shape {
            depth: if introspection { 1 } else { below.depth + 1 },
            aliases: below.aliases.saturating_add(u64::from(field.alias.is_some())),
            root_fields: 1,
            credential_mutations: u64::from(policy.credential_mutations.contains(&name)),
            introspection_lists: if introspection {
                below.introspection_lists
            } else {
                below.introspection_lists + usize::from(INTROSPECTION_LISTS.contains(&name))
            },
            introspects: name == "__schema",
            closed: !policy.open_fields.contains(&name),
            ..below
        })
    }

    fn fragment(&mut self, name: &str, level: usize) -> Result<Shape, RequestError> {
        // A spread of nothing is for validation to report.
        let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
            return Ok(Shape::default());
        };
        match self.fragments.get(name.as_str()) {
            Some(None) => Err(RequestError::new(Code::FragmentCycle, "a fragment of the document contains itself")),
            Some(Some(known)) if level + known.height > self.limits.max_recursion => {
                Err(refused(self.limits.max_recursion, Code::Nesting))
            }
            Some(Some(known)) => Ok(*known),
            None => {
                self.fragments.insert(name.as_str(), None);
                let mut shape = self.set(&fragment.node.selection_set.node, level + 1)?;
                let own = self.directives(&fragment.node.directives)?;
                shape.directives = shape.directives.saturating_add(own);
                self.fragments.insert(name.as_str(), Some(shape));
                Ok(shape)
            }
        }
    }

    fn directives(&self, directives: &[Positioned<Directive>]) -> Result<u64, RequestError> {
        let limit = self.limits.max_directives_per_field;
        at_most(directives.len() as u64, limit as u64, limit, Code::DirectivesPerField)?;
        Ok(directives.len() as u64)
    }
}

pub(super) fn at_most(value: u64, bound: u64, limit: usize, code: Code) -> Result<(), RequestError> {
    if value > bound { Err(refused(limit, code)) } else { Ok(()) }
}

fn refused(limit: usize, code: Code) -> RequestError {
    let what = match code {
        Code::Nesting => "selections or fragments are nested deeper than allowed",
        Code::Depth => "fields are nested deeper than allowed",
        Code::Aliases => "there are more aliases than allowed",
        Code::RootFields => "there are more root fields than allowed",
        Code::CredentialMutations => "there are more mutations that take a credential than allowed",
        Code::Directives => "there are more directives than allowed",
        Code::DirectivesPerField => "there are more directives on one selection than allowed",
        _ => "there are more selections than allowed once fragments are expanded",
    };
    RequestError::new(code, what).limit(limit)
}
