//! The types of events, by the names that users choose from.

/// What can have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    /// A link was made.
    LinkCreated,
    /// Some of a link's fields changed.
    LinkUpdated,
    /// A link was deleted.
    LinkDeleted,
    /// A deleted link was taken back.
    LinkRestored,
    /// A link's time is over or its clicks are used up.
    LinkExpired,
    /// A link's time will be over soon.
    LinkExpiring,
    /// A link was switched off.
    LinkDisabled,
    /// A link is clicked far more than it used to be.
    AlertSpike,
    /// Someone pressed the button.
    Test,
}

impl EventType {
    /// What a webhook can ask for; `test` comes unasked.
    pub const WANTED: [Self; 8] = [
        Self::LinkCreated,
        Self::LinkUpdated,
        Self::LinkDeleted,
        Self::LinkRestored,
        Self::LinkExpired,
        Self::LinkExpiring,
        Self::LinkDisabled,
        Self::AlertSpike,
    ];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::LinkCreated => "link.created",
            Self::LinkUpdated => "link.updated",
            Self::LinkDeleted => "link.deleted",
            Self::LinkRestored => "link.restored",
            Self::LinkExpired => "link.expired",
            Self::LinkExpiring => "link.expiring",
            Self::LinkDisabled => "link.disabled",
            Self::AlertSpike => "alert.spike",
            Self::Test => "test",
        }
    }
}
