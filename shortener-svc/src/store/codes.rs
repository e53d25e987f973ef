//! The registry of codes.

use sqlx::PgExecutor;

/// Which of `codes` no one ever had on `domain`, in their order.
pub async fn free(conn: impl PgExecutor<'_>, domain: &str, codes: &[String]) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "select w.code from unnest($2::text[]) with ordinality w(code, place) \
         where not exists (select from codes c where c.domain = $1 and c.code = w.code) order by w.place",
    )
    .bind(domain)
    .bind(codes)
    .fetch_all(conn)
    .await
}

/// A code that a link would like to have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// The domain.
    pub domain: String,
    /// The code.
    pub code: String,
    /// The link.
    pub link_id: i64,
}

/// Takes those codes that are free and answers with the ids of the links that got theirs. Sorts the claims first: two
/// transactions that want the same codes meet in the same order and cannot wait for each other.
pub async fn claim(conn: impl PgExecutor<'_>, mut claims: Vec<Claim>) -> Result<Vec<i64>, sqlx::Error> {
    claims.sort_unstable();
    let mut columns = (Vec::new(), Vec::new(), Vec::new());
    for claim in claims {
        columns.0.push(claim.domain);
        columns.1.push(claim.code);
        columns.2.push(claim.link_id);
    }
    sqlx::query_scalar(
        "insert into codes (domain, code, link_id) select * from unnest($1::text[], $2::text[], $3::bigint[]) \
         on conflict do nothing returning link_id",
    )
    .bind(columns.0)
    .bind(columns.1)
    .bind(columns.2)
    .fetch_all(conn)
    .await
}
