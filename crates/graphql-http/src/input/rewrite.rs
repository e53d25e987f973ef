//! Changes of a document before it is executed.

use std::collections::HashSet;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Variables};
use async_graphql_value::Value;

use crate::error::RequestError;
use crate::limits::operation;

/// Drops the usages of variables that the operation called `name` declares and that have no value: an argument without a value
/// is an argument that was not given. The result is nothing when there are no such variables.
pub fn without_absent(
    document: &ExecutableDocument,
    name: Option<&str>,
    variables: &Variables,
) -> Option<ExecutableDocument> {
    let declared = &operation(document, name).ok()?.variable_definitions;
    let mut absent: HashSet<Name> = declared
        .iter()
        .map(|definition| definition.node.name.node.clone())
        .filter(|name| !variables.contains_key(name))
        .collect();
    if absent.is_empty() {
        return None;
    }
    let mut document = only(document, name).ok()?;
    // Validation refuses variables that are declared and not used.
    let used = used_variables(&mut document);
    absent.retain(|name| used.contains(name));
    for_each_set(&mut document, &mut |set| {
        set.items.iter_mut().for_each(|item| drop_arguments(&mut item.node, &absent))
    });
    keep_variables(&mut document, |name| !absent.contains(name));
    Some(document)
}

/// The operation called `name`, where the root fields `hidden` select only `__typename`. The caller gets null for them whatever
/// is below, so that a name below tells nothing. The result is nothing when the operation has no such field.
///
/// # Errors
/// `GRAPHQL_VALIDATION_FAILED` when the name is missing although needed, or names nothing.
pub(crate) fn narrow(
    document: &ExecutableDocument,
    name: Option<&str>,
    hidden: &[&str],
) -> Result<Option<ExecutableDocument>, RequestError> {
    let mut narrowed = only(document, name)?;
    let used_before = used_variables(&mut narrowed);
    let mut roots = HashSet::new();
    let Some(root) = selected(&mut narrowed) else { return Ok(None) };
    let mut changed = hide(&mut root.selection_set.node, hidden, &mut roots);
    let mut pending: Vec<Name> = roots.iter().cloned().collect();
    while let Some(next) = pending.pop() {
        let Some(fragment) = narrowed.fragments.get_mut(&next) else { continue };
        let mut more = HashSet::new();
        changed |= hide(&mut fragment.node.selection_set.node, hidden, &mut more);
        pending.extend(more.into_iter().filter(|name| roots.insert(name.clone())));
    }
    if !changed {
        return Ok(None);
    }
    keep_used_fragments(&mut narrowed);
    // Those that were not used before stay, for validation to refuse them.
    let used = used_variables(&mut narrowed);
    keep_variables(&mut narrowed, |name| used.contains(name) || !used_before.contains(name));
    Ok(Some(narrowed))
}

/// Cuts what is below the root fields `hidden` of one set; the fragments spread in it are added to `spreads`.
fn hide(set: &mut SelectionSet, hidden: &[&str], spreads: &mut HashSet<Name>) -> bool {
    let mut changed = false;
    for selection in &mut set.items {
        match &mut selection.node {
            Selection::Field(field) if hidden.contains(&field.node.name.node.as_str()) => {
                let items = &mut field.node.selection_set.node.items;
                if let Some(first) = items.first() {
                    *items = vec![Positioned::new(typename(first.pos), first.pos)];
                    changed = true;
                }
            }
            Selection::Field(_) => {}
            Selection::InlineFragment(inline) => changed |= hide(&mut inline.node.selection_set.node, hidden, spreads),
            Selection::FragmentSpread(spread) => {
                spreads.insert(spread.node.fragment_name.node.clone());
            }
        }
    }
    changed
}

fn typename(pos: async_graphql::Pos) -> Selection {
    let field = Field {
        alias: None,
        name: Positioned::new(Name::new("__typename"), pos),
        arguments: Vec::new(),
        directives: Vec::new(),
        selection_set: Positioned::new(SelectionSet::default(), pos),
    };
    Selection::Field(Positioned::new(field, pos))
}

/// The document with its one operation and the fragments that it uses.
fn only(document: &ExecutableDocument, name: Option<&str>) -> Result<ExecutableDocument, RequestError> {
    operation(document, name)?;
    let mut document = document.clone();
    if let DocumentOperations::Multiple(operations) = &mut document.operations
        && operations.len() > 1
    {
        operations.retain(|key, _| Some(key.as_str()) == name);
        keep_used_fragments(&mut document);
    }
    Ok(document)
}

fn selected(document: &mut ExecutableDocument) -> Option<&mut OperationDefinition> {
    match &mut document.operations {
        DocumentOperations::Single(operation) => Some(&mut operation.node),
        DocumentOperations::Multiple(operations) => operations.values_mut().next().map(|operation| &mut operation.node),
    }
}

fn keep_used_fragments(document: &mut ExecutableDocument) {
    let mut used = HashSet::new();
    let mut pending: Vec<Name> = Vec::new();
    let spreads = |set: &mut SelectionSet, found: &mut Vec<Name>| {
        visit(set, &mut |set| {
            for item in &set.items {
                if let Selection::FragmentSpread(spread) = &item.node {
                    found.push(spread.node.fragment_name.node.clone());
                }
            }
        });
    };
    if let Some(operation) = selected(document) {
        spreads(&mut operation.selection_set.node, &mut pending);
    }
    while let Some(name) = pending.pop() {
        if used.insert(name.clone())
            && let Some(fragment) = document.fragments.get_mut(&name)
        {
            spreads(&mut fragment.node.selection_set.node, &mut pending);
        }
    }
    document.fragments.retain(|name, _| used.contains(name));
}

/// The variables that stand anywhere in `document`.
fn used_variables(document: &mut ExecutableDocument) -> HashSet<Name> {
    let mut used = HashSet::new();
    for_each_set(document, &mut |set| {
        for item in &set.items {
            let directives = item.node.directives().iter().flat_map(|directive| &directive.node.arguments);
            let arguments = match &item.node {
                Selection::Field(field) => field.node.arguments.as_slice(),
                _ => &[],
            };
            directives.chain(arguments).for_each(|(_, value)| collect(&value.node, &mut used));
        }
    });
    if let Some(operation) = selected(document) {
        let directives = operation.directives.iter().flat_map(|directive| &directive.node.arguments);
        directives.for_each(|(_, value)| collect(&value.node, &mut used));
    }
    used
}

fn keep_variables(document: &mut ExecutableDocument, keep: impl Fn(&Name) -> bool) {
    if let Some(operation) = selected(document) {
        operation.variable_definitions.retain(|definition| keep(&definition.node.name.node));
    }
}

fn collect(value: &Value, used: &mut HashSet<Name>) {
    match value {
        Value::Variable(name) => {
            used.insert(name.clone());
        }
        Value::List(items) => items.iter().for_each(|item| collect(item, used)),
        Value::Object(fields) => fields.values().for_each(|item| collect(item, used)),
        _ => {}
    }
}

fn drop_arguments(selection: &mut Selection, absent: &HashSet<Name>) {
    let prune = |arguments: &mut Vec<(Positioned<Name>, Positioned<Value>)>| {
        arguments.retain_mut(|(_, value)| keep(&mut value.node, absent));
    };
    selection.directives_mut().iter_mut().for_each(|directive| prune(&mut directive.node.arguments));
    if let Selection::Field(field) = selection {
        prune(&mut field.node.arguments);
    }
}

/// Returns `false` for a variable without a value; those inside of `value` are dropped from objects and null in lists.
fn keep(value: &mut Value, absent: &HashSet<Name>) -> bool {
    match value {
        Value::Variable(name) => return !absent.contains(name),
        Value::Object(fields) => fields.retain(|_, field| keep(field, absent)),
        Value::List(items) => {
            for item in items.iter_mut() {
                if !keep(item, absent) {
                    *item = Value::Null;
                }
            }
        }
        _ => {}
    }
    true
}

fn for_each_set(document: &mut ExecutableDocument, action: &mut impl FnMut(&mut SelectionSet)) {
    if let Some(operation) = selected(document) {
        visit(&mut operation.selection_set.node, action);
    }
    for fragment in document.fragments.values_mut() {
        visit(&mut fragment.node.selection_set.node, action);
    }
}

fn visit(set: &mut SelectionSet, action: &mut impl FnMut(&mut SelectionSet)) {
    action(set);
    for item in &mut set.items {
        match &mut item.node {
            Selection::Field(field) => visit(&mut field.node.selection_set.node, action),
            Selection::InlineFragment(inline) => visit(&mut inline.node.selection_set.node, action),
            Selection::FragmentSpread(_) => {}
        }
    }
}
