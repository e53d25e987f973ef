//! Kinds of callers: the columns of the table.

/// Who calls. Seen from the workspace that the calls are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// Shows no credential.
    Nobody,
    /// Signed in, and no member.
    Stranger,
    /// A member.
    Viewer,
    /// A member.
    Editor,
    /// A member.
    Admin,
    /// The member who made it.
    Owner,
    /// An API key with the scope `READ`, made by the owner, as the next three.
    Read,
    /// An API key with the scope `WRITE`.
    Write,
    /// An API key with the scope `ANALYTICS`.
    Analytics,
    /// An API key with the scope `ADMIN`.
    AdminKey,
    /// Signed in as an administrator of the platform, and no member.
    Operator,
    /// A credential that was good once or elsewhere; each kind of them is tried.
    Broken,
    /// A service on its own behalf.
    Service,
}

impl Who {
    /// All of them under their names in the table.
    pub const ALL: [(Self, &str); 13] = [
        (Self::Nobody, "nobody"),
        (Self::Stranger, "stranger"),
        (Self::Viewer, "viewer"),
        (Self::Editor, "editor"),
        (Self::Admin, "admin"),
        (Self::Owner, "owner"),
        (Self::Read, "READ"),
        (Self::Write, "WRITE"),
        (Self::Analytics, "ANALYTICS"),
        (Self::AdminKey, "ADMIN"),
        (Self::Operator, "operator"),
        (Self::Broken, "broken"),
        (Self::Service, "service"),
    ];
    /// Those with an account of their own.
    pub const PEOPLE: [Self; 6] =
        [Self::Stranger, Self::Viewer, Self::Editor, Self::Admin, Self::Owner, Self::Operator];
    /// API keys.
    pub const KEYS: [Self; 4] = [Self::Read, Self::Write, Self::Analytics, Self::AdminKey];

    /// The caller of a column.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == name).map(|(who, _)| who)
    }

    /// As the table calls it.
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(who, _)| *who == self).map_or("", |(_, name)| name)
    }

    /// Whether it belongs to the workspace that the calls are about.
    pub fn is_inside(self) -> bool {
        !matches!(self, Self::Nobody | Self::Stranger | Self::Operator | Self::Broken | Self::Service)
    }
}
