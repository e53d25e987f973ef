//! Names of operations as labels of metrics. Clients make them up, and each label is memory of ours and of whoever collects it.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use metrics::SharedString;

/// A value of a label; clones are cheap.
pub type Label = SharedString;

/// So many names are told apart.
const MOST: usize = 200;
/// The longest name that is, in bytes.
pub const LONGEST: usize = 64;
const UNNAMED: Label = Label::const_str("unnamed");
const OTHER: Label = Label::const_str("other");

/// The names that have a label of their own: those that the operator lists, and the first that callers who are known send.
/// No one else can use the places up.
#[derive(Debug, Default)]
pub struct Names(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    labels: HashMap<Box<str>, Label>,
    /// How many of them no one listed.
    sent: usize,
}

impl Names {
    /// Gives these a label, which takes no place from others.
    pub fn list<'a>(&self, names: impl IntoIterator<Item = &'a str>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for name in names {
            known.labels.entry(name.into()).or_insert_with(|| Label::from_shared(name.into()));
        }
    }

    /// The label of `name`. `may_add`: whether its caller may give a new name a label; without it that is `other`, as it is when
    /// 200 names were sent already.
    pub fn label(&self, name: Option<&str>, may_add: bool) -> Label {
        let Some(name) = name else { return UNNAMED };
        if let Some(label) = self.0.read().unwrap_or_else(PoisonError::into_inner).labels.get(name) {
            return label.clone();
        }
        if !may_add || name.len() > LONGEST {
            return OTHER;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Another request may have brought it meanwhile.
        if let Some(label) = known.labels.get(name) {
            return label.clone();
        }
        if known.sent >= MOST {
            return OTHER;
        }
        known.sent += 1;
        known.labels.entry(name.into()).or_insert_with(|| Label::from_shared(name.into())).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_names_do_not_become_labels_without_end() {
        let names = Names::default();
        assert_eq!(names.label(None, true), UNNAMED);
        assert_eq!(names.label(Some("n0"), false), OTHER);
        for n in 0..MOST {
            assert_eq!(names.label(Some(&format!("n{n}")), true), format!("n{n}").into());
        }
        assert_eq!(names.label(Some("one_more"), true), OTHER);
        assert_eq!(names.label(Some("n0"), false), "n0".into(), "a known name is known whoever sends it");
        names.list(["listed"]);
        assert_eq!(names.label(Some("listed"), false), "listed".into());
        assert_eq!(names.0.read().unwrap().labels.len(), MOST + 1);
    }

    #[test]
    fn a_label_has_a_longest() {
        let names = Names::default();
        let (longest, longer) = ("x".repeat(LONGEST), "x".repeat(LONGEST + 1));
        assert_eq!(names.label(Some(&longest), true), longest.into());
        assert_eq!(names.label(Some(&longer), true), OTHER);
    }
}
