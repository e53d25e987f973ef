//! What a holder may do: roles, plans and scopes, numbered as in `curtail.auth.v1`.

/// What a member may do in a workspace; each role includes those below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads links and statistics.
    Viewer = 1,
    /// Also changes links.
    Editor = 2,
    /// Also manages keys, domains and members.
    Admin = 3,
    /// Also manages the workspace itself.
    Owner = 4,
}

/// The quota class of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Plan {
    /// The default.
    Free = 1,
    /// Paid.
    Pro = 2,
    /// By contract.
    Enterprise = 3,
}

/// What an API key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Reads links.
    Read = 1,
    /// Changes links; includes [`Scope::Read`].
    Write = 2,
    /// Reads statistics.
    Analytics = 3,
    /// Everything.
    Admin = 4,
}

impl Role {
    /// The number in `curtail.auth.v1.Role`.
    pub fn number(self) -> i32 {
        self as i32
    }

    /// The role of a number of `curtail.auth.v1.Role`; `None` for unspecified and unknown ones.
    pub fn from_number(number: i32) -> Option<Self> {
        [Self::Viewer, Self::Editor, Self::Admin, Self::Owner].into_iter().find(|role| role.number() == number)
    }
}

impl Plan {
    /// The number in `curtail.auth.v1.Plan`.
    pub fn number(self) -> i32 {
        self as i32
    }

    /// The plan of a number of `curtail.auth.v1.Plan`; `None` for unspecified and unknown ones.
    pub fn from_number(number: i32) -> Option<Self> {
        [Self::Free, Self::Pro, Self::Enterprise].into_iter().find(|plan| plan.number() == number)
    }
}

impl Scope {
    /// The number in `curtail.auth.v1.Scope`.
    pub fn number(self) -> i32 {
        self as i32
    }

    /// The scope of a number of `curtail.auth.v1.Scope`; `None` for unspecified and unknown ones.
    pub fn from_number(number: i32) -> Option<Self> {
        [Self::Read, Self::Write, Self::Analytics, Self::Admin].into_iter().find(|scope| scope.number() == number)
    }

    /// Whether who holds this scope may do what `wanted` stands for.
    pub fn includes(self, wanted: Scope) -> bool {
        self == wanted || self == Self::Admin || (self == Self::Write && wanted == Self::Read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip_and_unknown_ones_are_none() {
        for number in -1..=5 {
            assert_eq!(Role::from_number(number).map(Role::number), (1..=4).contains(&number).then_some(number));
            assert_eq!(Plan::from_number(number).map(Plan::number), (1..=3).contains(&number).then_some(number));
            assert_eq!(Scope::from_number(number).map(Scope::number), (1..=4).contains(&number).then_some(number));
        }
    }

    #[test]
    fn scopes_include_what_the_contract_says() {
        use Scope::*;
        let all = [Read, Write, Analytics, Admin];
        let included = |holder: Scope| all.into_iter().filter(|wanted| holder.includes(*wanted)).collect::<Vec<_>>();
        assert_eq!(included(Read), [Read]);
        assert_eq!(included(Write), [Read, Write]);
        assert_eq!(included(Analytics), [Analytics]);
        assert_eq!(included(Admin), all);
    }

    #[test]
    fn roles_are_ordered_by_power() {
        assert!(Role::Viewer < Role::Editor && Role::Editor < Role::Admin && Role::Admin < Role::Owner);
    }
}
