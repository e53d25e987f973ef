//! What a store needs to know of a database error.

/// The name of the constraint that a statement violated. Stores turn it into an error of their domain.
pub fn constraint(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error()?.constraint()
}

/// Whether the statement failed because the database is unavailable, overloaded or changing hands, so that trying again later
/// is right. Everything else is a fault of the program or its input.
pub fn is_unavailable(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| is_transient(&code)),
        _ => false,
    }
}

/// SQLSTATE codes after which the same statement may succeed
/// (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn is_transient(code: &str) -> bool {
    // Class 08: connection; 53: insufficient resources; 57P: the operator intervened (shutdown, crash, starting up).
    code.starts_with("08")
        || code.starts_with("53")
        || code.starts_with("57P")
        || matches!(
            code,
            "25006"     // read-only transaction: a standby that is being promoted
                | "25P03" // idle in transaction for too long
                | "40001" // serialisation failure
                | "40P01" // deadlock
                | "55P03" // lock timeout
                | "57014" // statement timeout
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_of_the_server_is_transient() {
        for code in ["08006", "53300", "57P01", "57P02", "57P03", "25006", "40001", "40P01", "55P03", "57014"] {
            assert!(is_transient(code), "{code}");
        }
        for code in ["23505", "42P01", "22001", "25000", "P0001"] {
            assert!(!is_transient(code), "{code}");
        }
    }

    #[test]
    fn a_pool_without_a_connection_is_unavailable_and_a_missing_row_is_not() {
        assert!(is_unavailable(&sqlx::Error::PoolTimedOut));
        assert!(is_unavailable(&sqlx::Error::Io(std::io::ErrorKind::ConnectionRefused.into())));
        assert!(!is_unavailable(&sqlx::Error::RowNotFound));
    }
}
