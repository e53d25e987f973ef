//! Relay cursor connections over the keyset pages of the services.

use async_graphql::connection::{Connection, Edge, EmptyFields};
use async_graphql::{Error, OutputType};

use super::problem::fault;

/// The page that a connection's arguments ask for.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// 1-100.
    pub limit: u32,
    /// Where to go on; empty starts at the end that the direction leaves from.
    pub cursor: String,
    /// Towards the beginning.
    pub backwards: bool,
}

/// How many items a page has when the client does not say.
pub const DEFAULT_LIMIT: u32 = 20;
/// The most items of a page.
pub const MAX_LIMIT: u32 = 100;

/// Reads `first`/`after` or `last`/`before` as the Relay specification pairs them.
///
/// # Errors
/// `INVALID` when both directions are asked for, when a cursor goes with the other direction, or when a count is outside
/// 1-100.
pub fn page(
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
) -> Result<Page, Error> {
    let invalid = |field: &'static str, message: &'static str| {
        fault(curtail_rpc::Error::new(curtail_rpc::Code::Invalid, "PAGE_INVALID", message).field(field))
    };
    let backwards = last.is_some() || before.is_some();
    if backwards && (first.is_some() || after.is_some()) {
        return Err(invalid("last", "use first with after, or last with before, not both"));
    }
    let (field, asked) = if backwards { ("last", last) } else { ("first", first) };
    let limit = match asked.map(u32::try_from) {
        None => DEFAULT_LIMIT,
        Some(Ok(n)) if (1..=MAX_LIMIT).contains(&n) => n,
        Some(_) => return Err(invalid(field, "a page has 1 to 100 items")),
    };
    Ok(Page { limit, cursor: after.or(before).unwrap_or_default(), backwards })
}

impl Page {
    /// The value of the RPC that gives the page. The services know one cursor; clients sent it as `after` or `before`.
    ///
    /// # Errors
    /// Whatever the service answered.
    pub fn answer<T>(&self, result: Result<tonic::Response<T>, tonic::Status>) -> Result<T, Error> {
        result.map(tonic::Response::into_inner).map_err(|status| {
            let error = curtail_rpc::Error::from_status(&status);
            match error.field.as_deref() {
                Some("cursor") => fault(error.field(if self.backwards { "before" } else { "after" })),
                _ => fault(error),
            }
        })
    }
}

/// A connection over `(cursor, node)` in the order of the list, whichever way it was walked.
pub fn connection<T: OutputType>(
    page: &Page,
    has_more: bool,
    entries: impl IntoIterator<Item = (String, T)>,
) -> Connection<String, T, EmptyFields, EmptyFields> {
    let started_inside = !page.cursor.is_empty();
    let (previous, next) = if page.backwards { (has_more, started_inside) } else { (started_inside, has_more) };
    let mut connection = Connection::new(previous, next);
    connection.edges.extend(entries.into_iter().map(|(cursor, node)| Edge::new(cursor, node)));
    connection
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_bounded_at_their_edges() {
        assert_eq!(page(None, None, None, None).unwrap().limit, DEFAULT_LIMIT);
        assert_eq!(page(Some(1), None, None, None).unwrap().limit, 1);
        assert_eq!(page(Some(100), None, None, None).unwrap().limit, 100);
        for wrong in [0, -1, 101] {
            assert!(page(Some(wrong), None, None, None).is_err(), "{wrong}");
            assert!(page(None, None, Some(wrong), None).is_err(), "{wrong}");
        }
    }

    #[test]
    fn directions_do_not_mix() {
        assert!(page(Some(1), None, Some(1), None).is_err());
        assert!(page(Some(1), None, None, Some("c".into())).is_err());
        let back = page(None, None, Some(5), Some("c".into())).unwrap();
        assert_eq!(back, Page { limit: 5, cursor: "c".into(), backwards: true });
    }
}
