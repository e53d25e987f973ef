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
/// Nobody else can use the places up.
#[derive(Debug, Default)]
pub struct Names {
    listed: HashMap<Box<str>, Label>,
    sent: RwLock<HashMap<Box<str>, Label>>,
}

impl Names {
    /// `listed` have a label from the start, and take no place from others.
    pub fn new<'a>(listed: impl IntoIterator<Item = &'a str>) -> Self {
        let listed = listed.into_iter().map(|name| (name.into(), Label::from_shared(name.into())));
        Self { listed: listed.collect(), sent: RwLock::default() }
    }

    /// The label of `name`. `may_add`: whether its caller may give a new name a label; without it that is `other`, as it is when
    /// there are 200 names already.
    pub fn label(&self, name: Option<&str>, may_add: bool) -> Label {
        let Some(name) = name else { return UNNAMED };
        if let Some(listed) = self.listed.get(name) {
            return listed.clone();
        }
        if let Some(known) = self.sent.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return known.clone();
        }
        if !may_add || name.len() > LONGEST {
            return OTHER;
        }
        let mut names = self.sent.write().unwrap_or_else(PoisonError::into_inner);
        if names.len() >= MOST && !names.contains_key(name) {
            return OTHER;
        }
        names.entry(name.into()).or_insert_with(|| Label::from_shared(name.into())).clone()
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
        assert_eq!(names.sent.read().unwrap().len(), MOST);
    }

    #[test]
    fn a_label_has_a_longest() {
        let names = Names::default();
        let (longest, longer) = ("x".repeat(LONGEST), "x".repeat(LONGEST + 1));
        assert_eq!(names.label(Some(&longest), true), longest.into());
        assert_eq!(names.label(Some(&longer), true), OTHER);
    }
}
