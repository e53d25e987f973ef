//! Bounds and lives that are decided here and not by the operator.

use time::Duration;

/// Life of the token in a verification mail.
pub const VERIFICATION_LIFE: Duration = Duration::hours(24);
/// Life of the token in a mail with which a password can be set anew.
pub const RESET_LIFE: Duration = Duration::hours(1);
/// Life of the token in an invitation.
pub const INVITATION_LIFE: Duration = Duration::days(7);
/// How long a new signing key is only announced, so that every verifier has it before the first token signed with it.
/// auth-svc and its callers each look once a second.
pub const KEY_ANNOUNCEMENT: Duration = Duration::seconds(3);
/// What is added to the longest life of a token before a key retires, for clocks that differ.
pub const KEY_SLACK: Duration = Duration::seconds(60);
/// How long a revocation is told: longer than any token can live.
pub const REVOCATION_LIFE: Duration = Duration::hours(24);
/// How long a session that is over stays on record.
pub const SESSION_MEMORY: Duration = Duration::days(30);
